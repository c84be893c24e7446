"""Tk user interface: one window, Chinese first, fully usable by keyboard.

:class:`oneseat.client.gui.app.App` holds the state; the pages only display it. Slow work runs in a thread and
returns through a queue, since Tk may be called from one thread only.

Modules:

* ``app`` -- Main window: login page, language, background threads and event loop.
* ``guard_strip`` -- A thin strip above the browser's full screen, while its page cannot say what the guard
  sees.
* ``guard_words`` -- Texts about what the guard sees, Chinese and English.
* ``health_page`` -- Page of the health check: one row per check with status, evidence and remedy.
* ``health_words`` -- Texts of the health check's page, Chinese and English; the checks have their own.
* ``help`` -- Help panel: hotline and its hours, numbers that support calls from, help request, desk,
  diagnostics.
* ``help_pictures`` -- Pictures of the help request in the help panel: a row for each, and the button that
  adds one.
* ``help_request`` -- The help request in the help panel: a form, or the request and how it goes.
* ``help_state`` -- State of the candidate's help request, independent of the panel that shows it.
* ``help_words`` -- Texts of the help request, Chinese and English.
* ``line_breaks`` -- Line breaking for Chinese text with numbers.
* ``login_page`` -- Login page, the only page that is imported before the login.
* ``mock_panel`` -- Panel that says how far the candidate came in the mock interviews, and what it means.
* ``mock_words`` -- Texts about how far the candidate came in the mock interviews, and what it means for the
  formal one.
* ``notice`` -- Coloured panels: a notice, and a refusal with cause, remedy and code.
* ``room_panel`` -- Panels about an attempt in the exam's own room: its times, a lost window, the upload, the
  end.
* ``room_ticker`` -- Has attempts in the exam's own room followed, and the computer watched meanwhile, each in
  a thread.
* ``room_words`` -- Texts about attempts in the exam's own room, Chinese and English.
* ``schedule_page`` -- Schedule page: enrolment state, sessions, countdown, reminders.
* ``scrolled`` -- Frame that scrolls when its content is higher than the window.
* ``session_entry`` -- State of entering the mock and formal session, independent of the page shown.
* ``session_page`` -- Page of one kind of session: its times, a countdown, instructions, and the button to
  enter.
* ``session_panels`` -- Panels of the session page: findings before entry, a late browser, findings and sleep
  in the session.
* ``session_words`` -- Texts of the session pages, Chinese and English.
* ``shell`` -- Frame around every page: steps on the left, the bar with 求助 below.
* ``steps`` -- Steps after the login: health check, schedule, mock and formal session.
* ``theme`` -- Colours, sizes scaled to the screen, fonts with Chinese glyphs, widget styles.
* ``threads`` -- The form of a function that runs work beside the window's own thread.
* ``words`` -- Texts of the window, Chinese and English.
"""
