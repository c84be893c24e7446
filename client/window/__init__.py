"""The Tk window: Chinese first, one window, keyboard throughout.

:class:`App` holds what is being shown; the pages only show. Whatever takes time runs in
a thread and comes back through a queue, since Tk belongs to one thread.
"""

from __future__ import annotations

from client.window.app import App, run

__all__ = ["App", "run"]
