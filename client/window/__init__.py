"""The Tk window: Chinese first, one window, keyboard throughout.

:class:`client.window.app.App` holds what is being shown; the pages only show. Whatever takes time runs in
a thread and comes back through a queue, since Tk belongs to one thread.
"""
