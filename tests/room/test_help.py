"""Help in the room: passed on to the portal and followed there; permissions for calls and for leaving."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from oneseat.portal.rules.help_rules import Reason
from oneseat.portal.sdk.models import HelpCall, HelpCalls
from oneseat.room.rules import permissions as rules
from oneseat.room.rules.help_stage import help_stage
from oneseat.room.rules.permissions import Change
from oneseat.room.services.help.called_seats import CalledSeats
from oneseat.room.services.help.portal_help import PortalHelp
from oneseat.state.room import events, help_requests, permissions
from signing.clock import FixedClock
from tests.room.candidate import Arrive, Candidate, arriving, wire
from tests.room.held_exam import BEFORE, ENDS, SECOND, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.help_desk import Desk, open_desk

MINUTE = timedelta(minutes=1)
STATES = ("submitted", "claimed", "calling", "missed", "answered", "solved", "withdrawn")


# ------------------------------------------------------------------------------------------------ rules


@given(st.sampled_from((None, *STATES)), st.sampled_from(STATES))
def test_a_call_opens_a_permission_and_only_a_call_that_is_over_ends_it(
    before: str | None, after: str
) -> None:
    change = rules.on_status(before, after)
    assert (change is Change.OPEN) == (after == "calling" != before)
    assert (change is Change.END) == (after not in ("calling", "answered"))


@given(st.integers(-7200, 7200))
def test_who_leaves_is_back_five_minutes_before_the_start(seconds: int) -> None:
    now = STARTS + timedelta(seconds=seconds)
    ends = rules.leave_ends(now, STARTS)
    assert (ends is None) == (now >= STARTS - 5 * MINUTE)
    if ends is not None:
        assert now < ends <= min(now + 10 * MINUTE, STARTS - 5 * MINUTE)
    assert rules.leave_ends(now, None) is None


class Facts:
    """An attempt's recorded facts."""

    kind = "formal"
    phone_at = devices_at = identity_at = room_at = completed_at = upload_until = None

    def __init__(self, consent_at: datetime | None, handed_in_at: datetime | None) -> None:
        self.consent_at, self.handed_in_at = consent_at, handed_in_at
        self.starts_at, self.ends_at = STARTS, ENDS


@given(st.integers(-100_000, 2000), st.booleans(), st.booleans())
def test_the_stage_and_what_is_left_of_it(seconds: int, agreed: bool, handed_in: bool) -> None:
    now = STARTS + timedelta(seconds=seconds)
    stage = help_stage(Facts(BEFORE if agreed else None, now if handed_in else None), now)
    if not agreed or handed_in or now >= ENDS:
        assert stage is None
    else:
        assert stage is not None
        assert stage.name == ("waiting" if now < STARTS else "questions")
        left = (STARTS if now < STARTS else ENDS) - now
        assert stage.left_s == min(86_400, int(left.total_seconds()))


# ----------------------------------------------------------------------------------------------- server


@pytest.fixture(scope="module")
def help_room(
    tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> Iterator[tuple[RunningRoom, Desk]]:
    """A room with a token, whose threads are the test's own."""
    exam = HeldExam(tmp_path_factory.mktemp("help"), room_keys)
    with open_desk() as desk, running_room(exam, FixedClock(BEFORE)) as room:
        assert httpx.get(f"{room.url}/healthz").status_code == 200, "its threads have begun, without a token"
        state = room.app.state
        state.settings = state.settings.model_copy(update={"portal_token": SecretStr("ost1.x.y")})
        yield room, desk
    exam.database.close()


@pytest.fixture
def desk(help_room: tuple[RunningRoom, Desk]) -> Desk:
    desk = help_room[1]
    desk.seen.clear()
    desk.refuse, desk.status, desk.open = None, "submitted", True
    return desk


@pytest.fixture
def helped(help_room: tuple[RunningRoom, Desk], desk: Desk) -> RunningRoom:
    room = help_room[0]
    room.at(BEFORE)
    return room


@pytest.fixture
def portal(helped: RunningRoom, desk: Desk) -> Iterator[PortalHelp]:
    made = PortalHelp(helped.app.state.room, desk.url, "ost1.x.y")
    yield made
    made.close()


@pytest.fixture
def candidate(helped: RunningRoom) -> Iterator[Candidate]:
    with arriving(helped) as arrive:
        yield arrive().prepare()


def ask(candidate: Candidate, **changes: Any) -> dict[str, Any]:
    body = {
        "id": secrets.token_hex(16),
        "reason": "device",
        "words": "摄像头黑屏",
        "callback": "138 0013 1234",
        "codes": ["camera:black"],
        "made_at": wire(candidate.room.clock.now()),
    }
    return candidate.call("help", **{**body, **changes})


def follow(room: RunningRoom, portal: PortalHelp) -> None:
    """A round, some seconds later."""
    room.later(4 * SECOND)
    portal.send_due()


def test_a_request_is_passed_on_with_its_stage_and_read_from_then_on(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, candidate: Candidate
) -> None:
    helped.at(STARTS - MINUTE)
    first = ask(candidate)["help"]
    assert (first["open"], first["portal"]) == (True, None)
    assert ask(candidate)["help"]["id"] == first["id"], "one open request"
    portal.send_due()
    method, path, body = desk.seen[0]
    assert (method, path) == ("POST", f"/api/v1/exams/test/seats/{candidate.jti}/help-request")
    assert body == {
        "reason": "device",
        "words": "摄像头黑屏",
        "callback": "13800131234",
        "codes": ["camera:black"],
        "door": "room",
        "stage": "waiting",
        "time_left_s": 60,
    }
    assert candidate.call("help/state")["help"]["portal"]["number"] == "20417735"
    follow(helped, portal)
    assert desk.seen[1][0] == "GET"
    helped.at(STARTS + MINUTE)
    follow(helped, portal)
    assert (desk.seen[2][0], desk.seen[2][2]["stage"], desk.seen[2][2]["time_left_s"]) == (
        "POST",
        "questions",
        536,
    )
    desk.status, desk.open = "solved", False
    follow(helped, portal)
    assert candidate.call("help/state")["help"]["open"] is False
    follow(helped, portal)
    assert len(desk.seen) == 4, "closed requests are not asked about"
    with helped.exam.database.reading() as connection:
        stored = help_requests.find(connection, "test", first["id"])
    assert stored is not None and stored.sealed_details is None


def test_words_and_number_are_sealed_and_in_no_event(helped: RunningRoom, candidate: Candidate) -> None:
    request = ask(candidate)["help"]
    assert "1234" not in str(request)
    with helped.exam.database.reading() as connection:
        stored = help_requests.find(connection, "test", request["id"])
        history = events.list_of(connection, "test", candidate.attempt["nonce"])
    assert stored is not None and stored.sealed_details is not None
    assert "摄像头".encode() not in stored.sealed_details
    assert b"13800131234" not in stored.sealed_details
    asked = [event for event in history if event.code == "help-asked"]
    assert [dict(event.facts) for event in asked] == [{"reason": "device"}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"callback": "1234"}, "OS-2050"),
        ({"callback": None, "words": " "}, "OS-2051"),
        ({"reason": "other", "words": ""}, "OS-2051"),
    ],
    ids=["number", "text", "other"],
)
def test_an_incomplete_request_is_refused(candidate: Candidate, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(AssertionError, match=code):
        ask(candidate, **changes)


def test_a_room_without_a_token_passes_nothing_on(arrive: Arrive) -> None:
    with pytest.raises(AssertionError, match="OS-2052"):
        ask(arrive().prepare())


def test_a_portal_that_is_away_gets_it_later_and_one_that_refuses_does_not(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, candidate: Candidate
) -> None:
    ask(candidate)
    desk.refuse = (503, "")
    portal.send_due()
    desk.refuse = (403, "OS-221")
    follow(helped, portal)
    assert candidate.call("help/state")["help"]["open"] is True
    desk.refuse = (404, "OS-210")
    helped.later(MINUTE)
    portal.send_due()
    state = candidate.call("help/state")["help"]
    assert (state["open"], state["refused"]) == (False, True)
    assert ask(candidate)["help"]["open"] is True, "a new one may be made"
    candidate.call("help/withdraw")
    follow(helped, portal)


def test_a_withdrawal_reaches_the_portal(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, candidate: Candidate
) -> None:
    ask(candidate)
    portal.send_due()
    assert candidate.call("help/withdraw")["help"]["withdrawn"] is True
    portal.send_due()
    assert desk.seen[-1][1].endswith("/help-request/withdrawal")
    assert candidate.call("help/state")["help"]["open"] is False


def test_a_call_of_the_desk_is_a_permission_until_it_is_over(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, candidate: Candidate
) -> None:
    ask(candidate)
    portal.send_due()
    assert candidate.call("help/state")["permission"] is None
    desk.status = "calling"
    for _ in range(2):
        follow(helped, portal)
    begun = helped.clock.now() - 4 * SECOND
    permission = candidate.call("help/state")["permission"]
    assert permission["reason"] == "call" and permission["opener"] == "desk"
    assert (permission["begins"], permission["ends"]) == (wire(begun), wire(begun + 10 * MINUTE))
    desk.status = "answered"
    follow(helped, portal)
    assert candidate.call("help/state")["permission"]["is_ending"] is False, "the call goes on"
    desk.status, desk.open = "solved", False
    follow(helped, portal)
    permission = candidate.call("help/state")["permission"]
    assert permission["is_ending"] is True
    assert permission["ends"] == wire(helped.clock.now() + MINUTE), "time to put the phone back"
    helped.later(MINUTE)
    assert candidate.call("help/state")["permission"] is None
    with helped.exam.database.reading() as connection:
        (kept,) = permissions.list_of(connection, "test", candidate.attempt["nonce"])
        history = events.list_of(connection, "test", candidate.attempt["nonce"])
    assert (kept.opener, kept.ended_by, kept.help_number) == ("desk", "solved", "20417735")
    codes = [event.code for event in history if event.code.startswith("permission")]
    assert codes == ["permission-opened", "permission-ended"]


@pytest.fixture
def called(helped: RunningRoom, desk: Desk) -> Iterator[CalledSeats]:
    made = CalledSeats(helped.app.state.room, desk.url, "ost1.x.y")
    yield made
    desk.calls = HelpCalls(calls=[])
    made.look()
    made.close()


def test_a_call_about_a_request_from_elsewhere_opens_a_permission_too(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, called: CalledSeats, candidate: Candidate
) -> None:
    helped.at(STARTS - 2 * MINUTE)
    assert candidate.call("beat")["called"] is False
    call = HelpCall(jti=candidate.jti, number="20417735", reason=Reason.DEVICE)
    desk.status, desk.calls = "calling", HelpCalls(calls=[call])
    for _ in range(2):
        called.look()
    assert candidate.call("beat")["called"] is True
    portal.send_due()
    state = candidate.call("help/state")
    assert (state["permission"]["reason"], state["permission"]["opener"]) == ("call", "desk")
    assert state["help"]["portal"]["calling_from"] == "028-63201710"
    guard = candidate.http.post("/client/v1/look", json=candidate.look_body(1, present=[])).json()["guard"]
    assert guard["permission"] == state["permission"]
    helped.at(STARTS + MINUTE)
    follow(helped, portal)
    assert {method for method, _, _ in desk.seen} == {"GET"}, "not filed anew"
    desk.calls = HelpCalls(calls=[])
    called.look()
    assert candidate.call("beat")["called"] is True, "the permission holds"
    desk.status, desk.open = "solved", False
    follow(helped, portal)
    helped.later(MINUTE)
    assert candidate.call("beat")["called"] is False
    assert candidate.call("help/state")["help"]["open"] is False
    with helped.exam.database.reading() as connection:
        history = events.list_of(connection, "test", candidate.attempt["nonce"])
    codes = [event.code for event in history if event.code.startswith(("help", "permission"))]
    assert codes == ["help-elsewhere", "permission-opened", "permission-ended"]


def test_who_is_in_no_attempt_or_asked_here_is_not_followed_twice(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, called: CalledSeats, candidate: Candidate
) -> None:
    request = ask(candidate)["help"]
    portal.send_due()
    calls = [
        HelpCall(jti=jti, number=number, reason=Reason.DEVICE)
        for jti, number in ((candidate.jti, "20417735"), ("f" * 32, "1"))
    ]
    desk.calls = HelpCalls(calls=calls)
    called.look()
    assert candidate.call("help/state")["help"]["id"] == request["id"]
    assert helped.app.state.room.called == {candidate.attempt["nonce"]}
    desk.refuse = (404, "OS-980")
    called.look()
    assert helped.app.state.room.called == set(), "a portal of an earlier version"
    desk.refuse = None
    helped.at(ENDS + SECOND)
    candidate.hand_in()
    called.look()
    assert helped.app.state.room.called == set(), "nothing is recorded any more"


def test_a_candidate_ends_a_call_and_a_second_call_opens_another(
    helped: RunningRoom, desk: Desk, portal: PortalHelp, candidate: Candidate
) -> None:
    ask(candidate)
    for status in ("calling", "missed", "calling"):
        desk.status = status
        follow(helped, portal)
    assert candidate.call("help/state")["permission"]["is_ending"] is False
    candidate.call("permission/finish")
    follow(helped, portal)
    with helped.exam.database.reading() as connection:
        kept = permissions.list_of(connection, "test", candidate.attempt["nonce"])
    assert [each.ended_by for each in kept] == ["missed", "candidate"]


def test_leaving_is_permitted_until_five_minutes_before_the_start(
    helped: RunningRoom, candidate: Candidate
) -> None:
    helped.at(STARTS - 8 * MINUTE)
    permission = candidate.call("permission/leave")["permission"]
    assert (permission["reason"], permission["ends"]) == ("leave", wire(STARTS - 5 * MINUTE))
    assert candidate.call("permission/leave")["permission"] == permission
    helped.later(MINUTE)
    assert candidate.call("permission/finish")["permission"] is None
    assert candidate.call("help/state")["leave_until"] == wire(STARTS - 5 * MINUTE)
    helped.at(STARTS - 5 * MINUTE)
    assert candidate.code("permission/leave") == (409, "OS-2054")


def test_help_is_there_while_the_upload_goes_on(helped: RunningRoom, candidate: Candidate) -> None:
    helped.at(ENDS + SECOND)
    candidate.hand_in()
    assert ask(candidate, reason="upload")["help"]["open"] is True
