"""How each refusal of tickets and exam rooms is met; :mod:`tests.portal.test_refusals` meets them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx

from oneseat.state.accounts.service_tokens import Scope
from tests.charters import at
from tests.portal.world import CLOSES, Running, World
from tests.simulator import Candidate, Room

Met = Callable[[Running, World, Candidate], httpx.Response]


def _asked(kind: str, now: object = None, **changes: object) -> Met:
    def meet(portal: Running, world: World, candidate: Candidate) -> httpx.Response:
        candidate.activated(world.licence(candidate.person))
        if changes:
            world.publish_charter(version=2, **changes)
        if now is not None:
            portal.at(now)  # type: ignore[arg-type]
        return candidate.enter(kind)

    return meet


def _room(*scopes: Scope) -> Callable[[World, Candidate], Room]:
    return lambda world, candidate: Room(candidate, world.service_token(*scopes) if scopes else "x")


def _mock_ended(world: World, candidate: Candidate) -> None:
    candidate.activated(world.licence(candidate.person))
    _room(Scope.ROOM_REPORT)(world, candidate).ends(candidate.ticket("mock"))


def _mock_taken(portal: Running, world: World, candidate: Candidate) -> httpx.Response:
    _mock_ended(world, candidate)
    return candidate.enter("mock")


def _submitted(portal: Running, world: World, candidate: Candidate) -> httpx.Response:
    _mock_ended(world, candidate)
    portal.at(at(10, 10, 30))
    _room(Scope.ROOM_REPORT)(world, candidate).ends(candidate.ticket("formal"))
    return candidate.enter("formal")


def _report(*scopes: Scope, **report: str) -> Met:
    def meet(portal: Running, world: World, candidate: Candidate) -> httpx.Response:
        candidate.activated(world.licence(candidate.person))
        return _room(*scopes)(world, candidate).starts(candidate.ticket("mock"), **report)

    return meet


MET: dict[str, Met] = {
    "EnrolmentUnconfirmed": lambda portal, world, candidate: candidate.enter("mock", activation=None),
    "SessionAbsent": _asked("mock", mocks=()),
    "SessionNotOpen": _asked("formal"),
    "SessionOver": _asked("mock", CLOSES + timedelta(days=1)),
    "LoginClosed": _asked("formal", at(10, 11)),
    "MockTaken": _mock_taken,
    "MockMissing": _asked("formal", at(10, 10, 30)),
    "AlreadySubmitted": _submitted,
    "ServiceTokenRefused": _report(),
    "ScopeMissing": _report(Scope.SEAT_READ),
    "RoomReportRefused": _report(Scope.ROOM_REPORT, at=at(1, 0).isoformat()),
}
