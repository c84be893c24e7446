"""A SIGINT handler that lets the current chunk finish: Ctrl-C stops a run between two chunks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(KeyboardInterrupt):
    """A run was asked to stop, and did so after a whole chunk."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"stopped after {rows} rows")
        self.rows = rows


class Stop:
    """A flag that Ctrl-C sets."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Set the flag; a second Ctrl-C interrupts at once.

        Raises:
            KeyboardInterrupt: the flag was set before.
        """
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let Ctrl-C set a flag for the block, rather than interrupt it."""
    stop = Stop()
    # Only a process's main thread may set signal handlers, and only it receives signals.
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
