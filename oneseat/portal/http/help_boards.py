"""The queues of help requests of a portal process, one for each exam, shared by all requests."""

from __future__ import annotations

from fastapi import Request

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.services.help.queue_board import QueueBoard


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
