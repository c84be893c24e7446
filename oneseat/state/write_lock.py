"""The lock of one process's writers on SQLite, in order: first come first served, and urgent ones earlier.

A plain lock gives no order. Where forty threads waited with a call each, a group with the calls of sixty
pages waited until most of them had gone first, for seconds.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

SHARE = 1
"""Writers that go between two urgent ones, if any wait: else they would wait as long as urgent ones come.

With 8, urgent ones waited three times as long, and the others were not done earlier."""


class WriteLock:
    """A lock that is handed from who frees it to who comes next. It is not reentrant; any thread frees it."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._is_held = False
        self._waiting, self._urgent = deque[threading.Lock](), deque[threading.Lock]()
        self._since_urgent = 0

    def acquire_nowait(self) -> bool:
        """Take the lock if it is free; return whether it was."""
        with self._state:
            if self._is_held:
                return False
            self._is_held = True
            return True

    def acquire_next(self) -> None:
        """Take the lock before those who wait in a ``with`` statement, but for :data:`SHARE` of them."""
        self._acquire(self._urgent)

    def release(self) -> None:
        """Hand the lock to who comes next, or free it."""
        with self._state:
            queue = self._next_queue()
            self._since_urgent = 0 if queue is self._urgent else self._since_urgent + 1
            if queue:
                queue.popleft().release()
            else:
                self._is_held = False

    def _next_queue(self) -> deque[threading.Lock]:
        has_turn = self._since_urgent >= SHARE or not self._waiting
        return self._urgent if self._urgent and has_turn else self._waiting

    def _acquire(self, queue: deque[threading.Lock]) -> None:
        turn = threading.Lock()
        with self._state:
            if not self._is_held:
                self._is_held = True
                return
            turn.acquire()
            queue.append(turn)
        try:
            turn.acquire()
        except BaseException:  # a signal
            self._give_up(queue, turn)
            raise

    def _give_up(self, queue: deque[threading.Lock], turn: threading.Lock) -> None:
        """Leave a queue, or hand the lock on if it came meanwhile."""
        with self._state:
            if turn in queue:
                queue.remove(turn)
                return
        self.release()

    def __enter__(self) -> None:
        self._acquire(self._waiting)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
