"""The Tk window: Chinese first, one window, keyboard throughout.

:class:`oneseat.client.gui.app.App` holds what is being shown; the pages only show. Slow work runs in
a thread and comes back through a queue, since Tk belongs to one thread.

Modules:

* ``app`` -- The window: what it shows until somebody has logged in, its language, and the work beside it.
* ``health`` -- The health check's page: a row per check with its sign, what was seen, and what to do.
* ``health_words`` -- Every word of the health check's page, Chinese and English; what checks say is their
  own.
* ``help`` -- The help panel: who helps, which numbers call, and what to hand to the hotline.
* ``line_breaks`` -- Breaking lines of Chinese text with numbers in it.
* ``login_page`` -- The login page, the only one that is needed before anybody has logged in.
* ``notice`` -- Panels that stand out: a notice, and a refusal as a candidate needs it.
* ``schedule_page`` -- The schedule of whoever was accepted.
* ``scrolled`` -- A frame that scrolls when the window is too low for what stands in it.
* ``session_entry`` -- What happens at the two doors, whichever page is shown: who asked, what came of it, how
  long it lasts.
* ``session_page`` -- A door's page: what is behind it, how long until it moves, what to do first, and the way
  in.
* ``session_words`` -- The words of the two doors, Chinese and English.
* ``shell`` -- What every page stands in: steps on the left, the bar with 求助 in the lower right.
* ``steps`` -- What a candidate who is logged in goes through: the check of the computer, the schedule, the
  doors.
* ``theme`` -- How the window looks: colours, sizes that follow the screen's scaling, fonts with Chinese
  glyphs.
* ``words`` -- Every word that the window itself shows, Chinese and English.
"""
