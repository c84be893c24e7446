"""Reads a candidate's own help request: state in words, place in the queue, waiting time, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.help_rules import (
    BUSY_WAIT,
    Act,
    Reason,
    Status,
)
from oneseat.portal.services.help.details import open_details, open_words
from oneseat.portal.services.help.queue_board import Board
from oneseat.state.help import events, requests
from oneseat.state.help.events import HelpEvent
from oneseat.state.help.requests import HelpRequest
from oneseat.web.telephones import mask_telephone
from signing.text import Text

REASONS = {
    Reason.LOGIN: Text("Logging in", "登录"),
    Reason.FACE: Text("Face check", "人脸核验"),
    Reason.DEVICE: Text("Camera, microphone, computer or phone", "设备"),
    Reason.ANSWERING: Text("Answering questions", "作答"),
    Reason.UPLOAD: Text("Upload", "上传"),
    Reason.COMPUTER: Text("Changing the computer", "更换电脑"),
    Reason.OTHER: Text("Something else", "其他"),
}

_STATUS = {
    Status.SUBMITTED: Text("Submitted", "已提交"),
    Status.CLAIMED: Text("Taken on", "已受理"),
    Status.CALLING: Text("We are calling you", "正在拨打"),
    Status.SOLVED: Text("Solved", "已解决"),
    Status.WITHDRAWN: Text("Withdrawn", "已撤回"),
}


def status_words(request: HelpRequest, *, by_phone: bool) -> Text:
    """The state of a request in words."""
    status = Status(request.status)
    if status is Status.MISSED:
        return Text(
            f"Not reached (attempt {request.missed_calls})", f"未接通（第 {request.missed_calls} 次）"
        )
    if status is Status.ANSWERED:
        return Text("Called back", "已回电") if by_phone else Text("Answered", "已答复")
    return _STATUS[status]


def number_words(number: str) -> str:
    """A request's number in two groups, as it is read out."""
    return f"{number[:4]} {number[4:]}"


def wait_words(wait: timedelta | None) -> Text:
    """A waiting time in words; honest where it cannot be estimated."""
    if wait is None:
        return Text("cannot be estimated", "无法估计")
    minutes = int(wait / timedelta(minutes=1))
    return Text(f"about {minutes} minutes", f"约 {minutes} 分钟")


@dataclass(frozen=True)
class Answer:
    """An answer of the desk."""

    at: datetime
    words: str


@dataclass(frozen=True)
class OwnRequest:
    """A request as its candidate sees it. ``callback`` is masked; None for text alone.

    ``calling_from`` is the number that the desk calls from at this moment.
    """

    request: HelpRequest
    status: Text
    reason: Text
    place: int | None
    wait: timedelta | None
    callback: str | None
    words: str
    answers: tuple[Answer, ...]
    calling_from: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the request is neither solved nor withdrawn."""
        return self.request.closed_at is None

    @property
    def is_busy(self) -> bool:
        """Whether the wait is so long that other ways should be tried meanwhile."""
        return self.wait is not None and self.wait >= BUSY_WAIT

    @property
    def ahead(self) -> int | None:
        """How many requests come first; None where this one does not wait."""
        return None if self.place is None else self.place - 1


def read_own(exam: ServedExam, board: Board, request: HelpRequest) -> OwnRequest:
    """A request with its answers, and its place in the queue."""
    with exam.database.reading() as connection:
        history = events.list_of(connection, exam.exam, request.id)
    key = (exam.pepper, exam.exam, request.number)
    details = open_details(*key, request.sealed_details)
    told = (Act.ANSWER, Act.BULK_ANSWER)
    return OwnRequest(
        request=request,
        status=status_words(request, by_phone=any(event.act == Act.REACHED for event in history)),
        reason=REASONS[Reason(request.reason)],
        place=board.place(request.number),
        wait=board.wait(request.number),
        callback=None if details.callback is None else mask_telephone(details.callback),
        words=details.words,
        answers=tuple(
            Answer(event.at, open_words(*key, event.sealed_words))
            for event in history
            if event.act in told and event.sealed_words is not None
        ),
        calling_from=_calling_from(request, history),
    )


def _calling_from(request: HelpRequest, history: Sequence[HelpEvent]) -> str | None:
    """The number of the call that goes on."""
    if request.status != Status.CALLING:
        return None
    return next((event.called_from for event in reversed(history) if event.act == Act.CALL), None)


def latest_of_seat(exam: ServedExam, admission_number: str) -> HelpRequest | None:
    """The newest request of a seat, or None."""
    with exam.database.reading() as connection:
        return requests.find_latest(connection, exam.exam, admission_number)
