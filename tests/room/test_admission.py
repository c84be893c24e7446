"""Who is activated comes in without a ticket while two persons allow it, from one computer, and is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from oneseat.room.refusals.entry import TwoPersonsNeeded
from oneseat.room.services.arrival.admission_switch import switch
from oneseat.state.room import admissions, attempts
from signing.authority.signer import sign_token
from signing.jws import b64url_encode
from signing.refusals import TokenTypeWrong
from signing.room_tokens import Pass, RoomTime, admission_message
from signing.tokens import VERSION, Activation, PortalTime, room_message
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, ENDS, EXAM, MOCKING, SECOND, STARTS, RunningRoom
from tests.signed_orders import TWO

ACTIVATED = MOCKING - timedelta(hours=1)


@dataclass
class Activated:
    """A client that is activated, and has no ticket."""

    room: RunningRoom
    jti: str
    activated: datetime = ACTIVATED
    key: SigningKey = field(default_factory=SigningKey.generate)

    def activation(self, **changes: Any) -> str:
        plain = {
            "exam": EXAM,
            "jti": self.jti,
            "device": b64url_encode(bytes(self.key.verify_key)),
            "iat": int(self.activated.timestamp()),
            "v": VERSION,
        }
        signer = self.room.exam.keys.portal.signer("activation")
        return sign_token(signer, Activation.TYP, {**plain, **changes})

    def body(self, kind: str = "formal", key: SigningKey | None = None, **changes: Any) -> dict[str, Any]:
        at, activation = int(self.room.clock.now().timestamp()), self.activation(**changes)
        message = admission_message(self.room.exam.origin, activation, kind, at)
        proof = b64url_encode((key or self.key).sign(message).signature)
        return {"activation": activation, "kind": kind, "at": at, "proof": proof}

    def ask(self, body: dict[str, Any] | None = None, **changes: Any) -> httpx.Response:
        url = f"{self.room.url}/client/v1/admission"
        return httpx.post(url, json=body or self.body(**changes), trust_env=False)

    def code(self, body: dict[str, Any] | None = None, **changes: Any) -> str:
        return str(self.ask(body, **changes).json()["code"])

    def enter(self, token: str) -> httpx.Response:
        at, address = int(self.room.clock.now().timestamp()), f"{self.room.exam.origin}/enter"
        proof = b64url_encode(self.key.sign(room_message(token, address, at)).signature)
        form = {"ticket": token, "at": str(at), "proof": proof}
        return httpx.post(f"{self.room.url}/enter", data=form, trust_env=False)


@pytest.fixture(autouse=True)
def _mock_may_be_missed(room: RunningRoom) -> None:
    publish(room, "warn")


@pytest.fixture
def allowed(room: RunningRoom) -> Iterator[RunningRoom]:
    """A room in which it is switched on."""
    room.at(BEFORE)
    switch(room.exam.database, EXAM, TWO, BEFORE, is_on=True)
    yield room
    switch(room.exam.database, EXAM, TWO, BEFORE, is_on=False)


def publish(room: RunningRoom, mock_required: str, counts: str = "started") -> None:
    """Publish what a missed mock means, where the charter in force says something else."""
    charter = room.exam.charter
    assert charter.room is not None
    if (charter.mock_required, charter.room.mock_counts) != (mock_required, counts):
        terms = replace(charter.room, mock_counts=counts)
        room.exam.publish(version=charter.version + 1, mock_required=mock_required, room=terms)


def seat(room: RunningRoom, number: int, **changes: Any) -> Activated:
    return Activated(room, f"{number:032x}", **changes)


def listed(room: RunningRoom, jti: str) -> list[admissions.Admission]:
    with room.exam.database.reading() as connection:
        return admissions.find_of_seat(connection, EXAM, jti)


def test_nobody_comes_in_so_unless_two_persons_allow_it(room: RunningRoom) -> None:
    room.at(BEFORE)
    client = seat(room, 1)
    assert client.code() == "OS-2170"
    for names in (("王主考", ""), ("王主考", "王主考"), ("阿卜杜拉·买买提", "阿卜杜拉买买提")):
        with pytest.raises(TwoPersonsNeeded):
            switch(room.exam.database, EXAM, names, BEFORE, is_on=True)
    switch(room.exam.database, EXAM, TWO, BEFORE, is_on=True)
    assert client.ask().status_code == 200
    switch(room.exam.database, EXAM, TWO, BEFORE, is_on=False)
    assert client.code() == "OS-2170"


def test_a_pass_opens_the_attempt_as_a_ticket_does_and_is_listed_once(allowed: RunningRoom) -> None:
    client = seat(allowed, 2)
    token = client.ask().json()["ticket"]
    given = Pass.verify(token, allowed.exam.charter.room.receipt_keys_by_kid)  # type: ignore[union-attr]
    assert (given.jti, given.kind, given.session) == (client.jti, "formal", "0")
    assert given.exp == int(ENDS.timestamp())
    entered = client.enter(token)
    assert (entered.status_code, entered.headers["location"]) == (303, "/room/")
    allowed.later(timedelta(minutes=1))
    again = client.ask().json()["ticket"]
    assert client.enter(again).status_code == 303, "re-entry"
    (admission,) = listed(allowed, client.jti)
    assert (admission.at, admission.reconciled_at) == (BEFORE, None)
    allowed.at(ENDS)
    assert client.enter(again).status_code == 403


def test_a_copied_installation_an_old_computer_and_a_replay_are_refused(
    allowed: RunningRoom, arrive: Arrive
) -> None:
    client = seat(allowed, 3)
    assert client.code(key=SigningKey.generate()) == "OS-2023", "a copy lacks the device's key"
    body = client.body()
    assert client.ask(body).status_code == 200
    assert client.code(body) == "OS-2006"
    stale = client.body()
    allowed.later(timedelta(seconds=121))
    assert client.code(stale) == "OS-2005"
    newer = seat(allowed, 3, activated=ACTIVATED + SECOND)
    assert newer.ask().status_code == 200
    assert client.code() == "OS-2171", "the seat has moved on"
    ticketed = arrive()
    ticketed.enter()
    left = Activated(allowed, ticketed.jti)
    assert left.code() == "OS-2171", "another computer came with a ticket that is newer than the activation"


def test_an_activation_that_is_not_ours_admits_nobody(allowed: RunningRoom) -> None:
    client = seat(allowed, 4)
    assert client.code(exam="other") == "OS-2171"
    body = client.body()
    assert client.code({**body, "activation": body["activation"][:-8] + "AAAAAAAA"}) == "OS-2171"
    assert client.code({**body, "kind": "mock"}) in ("OS-2023", "OS-2008")


def test_first_logins_end_as_with_tickets_and_returning_goes_on(allowed: RunningRoom) -> None:
    came, late = seat(allowed, 5), seat(allowed, 6)
    token = came.ask().json()["ticket"]
    came.enter(token)
    closes = allowed.exam.charter.formals[0].login_closes
    allowed.at(closes - SECOND)
    assert seat(allowed, 7).ask().status_code == 200
    allowed.at(closes)
    assert late.code() == "OS-2008"
    assert came.ask().status_code == 200
    allowed.at(ENDS)
    assert came.code() == "OS-2004"
    allowed.at(allowed.exam.charter.formals[0].login_opens - SECOND)
    assert late.code() == "OS-2008"
    allowed.at(MOCKING)
    assert late.ask(kind="mock").status_code == 200
    assert STARTS < ENDS


def test_a_required_mock_is_looked_up_in_the_room(allowed: RunningRoom, arrive: Arrive) -> None:
    allowed.at(MOCKING)
    came, only_entered = arrive("mock").prepare(), arrive("mock").prepare()
    came.call("begin")
    begun = Activated(allowed, came.jti, key=came.key, activated=MOCKING + SECOND)
    entered = Activated(allowed, only_entered.jti, key=only_entered.key, activated=MOCKING + SECOND)
    allowed.at(BEFORE)
    inside = seat(allowed, 8)
    inside.enter(inside.ask().json()["ticket"])
    publish(allowed, "gate")
    allowed.later(SECOND)
    assert entered.code() == seat(allowed, 9).code() == "OS-2174"
    assert begun.ask().status_code == inside.ask().status_code == 200, "inside already: the rule came later"


def test_where_a_finished_mock_counts_one_that_was_begun_does_not(
    allowed: RunningRoom, arrive: Arrive
) -> None:
    publish(allowed, "gate", "finished")
    allowed.at(MOCKING)
    candidate = arrive("mock").prepare()
    candidate.call("begin")
    with allowed.exam.database.reading() as connection:
        assert not attempts.has_mock(connection, EXAM, [candidate.jti], finished=True)
        assert attempts.has_mock(connection, EXAM, [candidate.jti], finished=False)
    allowed.later(timedelta(minutes=13))
    candidate.hand_in([])
    allowed.at(BEFORE)
    client = Activated(allowed, candidate.jti, key=candidate.key, activated=MOCKING + SECOND)
    assert client.ask().status_code == 200
    assert seat(allowed, 10).code() == "OS-2174"


def test_the_room_signs_its_time_over_the_clients_nonce(room: RunningRoom) -> None:
    room.at(BEFORE)
    url = f"{room.url}/client/v1/time"
    token = httpx.post(url, json={"client_nonce": "n" * 22}, trust_env=False).json()["time"]
    assert room.exam.charter.room is not None
    given = RoomTime.verify(token, room.exam.charter.room.receipt_keys_by_kid)
    assert (given.exam, given.nonce, given.now) == (EXAM, "n" * 22, int(BEFORE.timestamp()))
    with pytest.raises(TokenTypeWrong):
        PortalTime.verify(token, room.exam.charter.room.receipt_keys_by_kid)
    for body in ({}, {"client_nonce": ""}, {"client_nonce": "n" * 65}, {"client_nonce": "n", "more": 1}):
        assert httpx.post(url, json=body, trust_env=False).status_code == 400
