"""How each refusal of tickets and exam rooms is met; :mod:`tests.portal.test_refusals` meets them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx

from oneseat.state.accounts.service_tokens import Scope
from signing.charter import RoomTerms
from tests.charters import at
from tests.portal.published_exam import CLOSES, PublishedExam, Running
from tests.simulator import Candidate, Room

TERMS = RoomTerms(
    (bytes(32),), mock_wait_s=180, mock_answer_s=600, tail_s=60, gates_until_s=600, upload_until_s=1
)
Met = Callable[[Running, PublishedExam, Candidate], httpx.Response]


def _asked(kind: str, now: object = None, **changes: object) -> Met:
    def meet(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
        candidate.activated(exam.licence(candidate.person))
        if changes:
            exam.publish_charter(version=2, **changes)
        if now is not None:
            portal.at(now)  # type: ignore[arg-type]
        return candidate.enter(kind)

    return meet


def _room(*scopes: Scope) -> Callable[[PublishedExam, Candidate], Room]:
    return lambda exam, candidate: Room(candidate, exam.service_token(*scopes) if scopes else "x")


def _mock_ended(exam: PublishedExam, candidate: Candidate) -> None:
    candidate.activated(exam.licence(candidate.person))
    _room(Scope.ROOM_REPORT)(exam, candidate).ends(candidate.ticket("mock"))


def _mock_taken(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    _mock_ended(exam, candidate)
    return candidate.enter("mock")


def _submitted(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    _mock_ended(exam, candidate)
    portal.at(at(10, 10, 30))
    _room(Scope.ROOM_REPORT)(exam, candidate).ends(candidate.ticket("formal"))
    return candidate.enter("formal")


def _report(*scopes: Scope, **report: str) -> Met:
    def meet(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
        candidate.activated(exam.licence(candidate.person))
        return _room(*scopes)(exam, candidate).starts(candidate.ticket("mock"), **report)

    return meet


MET: dict[str, Met] = {
    "EnrolmentUnconfirmed": lambda portal, exam, candidate: candidate.enter("mock", activation=None),
    "SessionAbsent": _asked("mock", mocks=()),
    "SessionNotOpen": _asked("formal"),
    "SessionOver": _asked("mock", CLOSES + timedelta(days=1)),
    "LoginClosed": _asked("formal", at(10, 11)),
    "MockTaken": _mock_taken,
    "MockTooLate": _asked("mock", at(4, 23, 47), room=TERMS),
    "MockMissing": _asked("formal", at(10, 10, 30)),
    "AlreadySubmitted": _submitted,
    "ServiceTokenRefused": _report(),
    "ScopeMissing": _report(Scope.SEAT_READ),
    "RoomReportRefused": _report(Scope.ROOM_REPORT, at=at(1, 0).isoformat()),
}
