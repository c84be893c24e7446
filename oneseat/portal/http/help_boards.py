"""The queues of help requests of a portal process, one for each exam, shared by all requests."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.services.help.queue_board import QueueBoard, QueueStates

LIVE_INTERVAL_S = 1.0
"""How often the queue is read for pages that follow it."""


class HelpBoards:
    """Holds one :class:`~oneseat.portal.services.help.queue_board.QueueBoard` for each exam."""

    def __init__(self) -> None:
        self._boards: dict[str, QueueBoard] = {}

    def of(self, exam: ServedExam) -> QueueBoard:
        """The exam's queue."""
        return self._boards.setdefault(exam.exam, QueueBoard(exam))


def board_of(request: Request, exam: ServedExam) -> QueueBoard:
    """The queue of an exam in this process."""
    boards: HelpBoards = request.app.state.help_boards
    return boards.of(exam)


def live_states(request: Request, exam: ServedExam) -> Callable[[], QueueStates]:
    """A reader of the queue's states, for pages that follow them."""
    board, clock = board_of(request, exam), portal_of(request).clock
    return lambda: board.current(clock.now()).states
