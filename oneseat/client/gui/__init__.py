"""The Tk window: Chinese first, one window, keyboard throughout.

:class:`oneseat.client.gui.app.App` holds what is being shown; the pages only show. Slow work runs in
a thread and comes back through a queue, since Tk belongs to one thread.
"""
