"""Signal handlers: SIGINT, SIGTERM and SIGHUP stop a run between two chunks, or raise an exception."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_TERMINATING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
STOPPING = (signal.SIGINT, *_TERMINATING)
"""The signals that ask a run to stop: by a terminal, a service manager, a build server, a lost connection."""

_EXIT_STATUS = 128

Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """A signal ends the command; ``finally`` blocks run first."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by signal {number}")
        self.number = number


class Stopped(Interrupted):
    """A run was asked to stop, and did so after a whole chunk."""

    def __init__(self, rows: int, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.rows = rows


class Stop:
    """A flag that a stopping signal sets."""

    def __init__(self) -> None:
        self.asked = False
        self._number: int = signal.SIGINT

    def ask(self, number: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
        """Set the flag; a second signal interrupts at once.

        Raises:
            Interrupted: the flag was set before.
        """
        if self.asked:
            raise Interrupted(number)
        self.asked, self._number = True, number

    def stopped(self, rows: int) -> Stopped:
        """Create the exception that ends the run after so many rows."""
        return Stopped(rows, self._number)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let stopping signals set a flag for the block, rather than interrupt it."""
    stop = Stop()
    with _handling(dict.fromkeys(STOPPING, stop.ask)):
        yield stop


class _Terminator:
    """Raises :class:`Interrupted` at the first signal; ignores later ones, which would cut clean-up off."""

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
            raise Interrupted(number)


class Interruptible:
    """The block of a command; :meth:`exit_status` says which signal ended it."""

    def __init__(self, terminator: _Terminator) -> None:
        self._terminator = terminator

    def exit_status(self, error: BaseException) -> int:
        """Return the exit status after an interruption, as shells have it: 128 plus the signal's number."""
        number = error.number if isinstance(error, Interrupted) else self._terminator.number
        return _EXIT_STATUS + (number or signal.SIGINT)


@contextmanager
def interruptible() -> Iterator[Interruptible]:
    """Let SIGTERM and SIGHUP raise :class:`Interrupted` in the block, as Ctrl-C raises KeyboardInterrupt."""
    terminator = _Terminator()
    with _handling(dict.fromkeys(_TERMINATING, terminator)):
        yield Interruptible(terminator)


@contextmanager
def _handling(handlers: dict[signal.Signals, Handler]) -> Iterator[None]:
    """Set handlers for the block. A signal that the caller ignores (`nohup`) stays ignored, but Ctrl-C."""
    # Only a process's main thread may set signal handlers, and only it receives signals.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
