"""The identity step: what candidates send is kept sealed, checked at the portal, and decided by people."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from oneseat.files.pictures import MAX_ENCODED_BYTES
from oneseat.room.rules.identity import Identity, awaits_second, may_pass, may_reject, state_of
from oneseat.room.services.identity.identity_checks import IdentityChecks
from oneseat.room.services.identity.identity_step import open_claim, open_photo
from oneseat.state.room import attempts, events, identity
from oneseat.state.room.identity import Decision
from signing.clock import FixedClock
from signing.text import Text
from tests.room.candidate import NUMBER, Arrive, Candidate, identity_body, photo_body
from tests.room.held_exam import BEFORE, MOCKING, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.portal_double import Portal, running_portal

DOCUMENTS = (Text("Identity card", "居民身份证"),)


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room whose exam has the identity step."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, identity_documents=DOCUMENTS)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with running_portal() as running:
        yield running


@pytest.fixture
def checks(room: RunningRoom, portal: Portal) -> Iterator[IdentityChecks]:
    checking = IdentityChecks(room.app.state.room, portal.url, "ost1.x.y")
    portal.answers = [(200, {"agrees": True})] * 50
    checking.send_due()
    portal.seen.clear()
    portal.answers.clear()
    yield checking
    checking.close()


def decide(room: RunningRoom, candidate: Candidate, operator: str, outcome: Identity) -> None:
    decision = Decision(candidate.attempt["nonce"], room.clock.now(), operator, outcome, "other", "")
    with room.exam.database.writing() as connection:
        identity.add_decision(connection, "test", decision)


def claim_of(room: RunningRoom, candidate: Candidate) -> identity.Claim:
    with room.exam.database.reading() as connection:
        claim = identity.claim_of_seat(connection, "test", candidate.jti)
    assert claim is not None
    return claim


# ------------------------------------------------------------------------------------------- the step


def test_photographs_and_identity_are_kept_sealed_and_the_candidate_goes_on(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive().reach_identity()
    assert candidate.step == "identity"
    assert candidate.code("step", step="room", facts={}) == (409, "OS-2013")
    answer = candidate.post("identity", **identity_body(card=photo_body(40, tries=4, finding="blurred")))
    assert answer.status_code == 200 and NUMBER not in answer.text and "测试考生" not in answer.text
    candidate.beat()
    assert (candidate.step, candidate.attempt["identity"]) == ("room", "sent")
    attempt, served = candidate.attempt["nonce"], room.app.state.room
    with room.exam.database.reading() as connection:
        photos = identity.photos_of(connection, "test", attempt)
        sealed = identity.sealed_photos(connection, "test", attempt)
        history = events.list_of(connection, "test", attempt)
    assert [(each.what, each.tries, each.finding) for each in photos] == [
        ("face", 1, "good"),
        ("card", 4, "blurred"),
    ]
    for what, shade in (("face", 200), ("card", 40)):
        assert b"JFIF" not in sealed[what]
        with Image.open(io.BytesIO(open_photo(served, attempt, what, sealed[what]))) as picture:
            pixel = picture.convert("RGB").getpixel((5, 5))
        assert isinstance(pixel, tuple) and abs(pixel[0] - shade) < 4
    claim = claim_of(room, candidate)
    assert NUMBER.encode() not in claim.sealed and claim.agrees is None
    typed = open_claim(served, attempt, claim.sealed)
    assert (typed.name, typed.number) == ("测试考生", NUMBER)
    facts = next(event.facts for event in history if event.code == "identity-finished")
    assert facts == {"face_tries": 1, "face_finding": "good", "card_tries": 4, "card_finding": "blurred"}


def test_a_call_that_is_repeated_changes_nothing(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    room.later(timedelta(seconds=5))
    candidate.call("identity", **identity_body(name="某人"))
    typed = open_claim(room.app.state.room, candidate.attempt["nonce"], claim_of(room, candidate).sealed)
    assert typed.name == "测试考生"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"face": None}, "OS-2070"),
        ({"name": " "}, "OS-2070"),
        ({"number": ""}, "OS-2070"),
        ({"number": "110105203501010011"}, "OS-2072"),
        ({"card": {**photo_body(), "picture": base64.b64encode(b"no picture").decode()}}, "OS-2071"),
        ({"card": {**photo_body(), "picture": "%%%%"}}, "OS-2071"),
    ],
    ids=["no-face", "no-name", "no-number", "check-digit", "no-picture", "no-base64"],
)
def test_what_is_missing_or_wrong_is_refused_by_name(
    arrive: Arrive, changes: dict[str, Any], code: str
) -> None:
    candidate = arrive().reach_identity()
    assert candidate.code("identity", **identity_body(**changes)) == (409, code)
    candidate.beat()
    assert candidate.step == "identity"


def test_a_picture_of_too_many_pixels_or_bytes_is_not_decoded(arrive: Arrive) -> None:
    candidate = arrive().reach_identity()
    large = io.BytesIO()
    Image.new("L", (2500, 2000)).save(large, "JPEG", quality=20)
    assert len(large.getvalue()) < MAX_ENCODED_BYTES
    sent = {**photo_body(), "picture": base64.b64encode(large.getvalue()).decode()}
    assert candidate.code("identity", **identity_body(face=sent)) == (409, "OS-2071")
    longer = {**photo_body(), "picture": "A" * (MAX_ENCODED_BYTES * 4 // 3 + 8)}
    assert candidate.post("identity", **identity_body(face=longer)).status_code == 400
    assert candidate.post("identity", **identity_body(name="n" * 900_000)).status_code == 413


def test_without_consent_to_photographs_none_is_kept(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().enter()
    candidate.join()
    candidate.call("consent", version="1", agreed=True, face=False)
    candidate.call("step", step="devices", facts={"ready": True})
    assert (candidate.step, candidate.attempt["consent"]["face"]) == ("identity", False)
    candidate.call("identity", **identity_body())
    assert candidate.step == "room"
    with room.exam.database.reading() as connection:
        assert identity.photos_of(connection, "test", candidate.attempt["nonce"]) == []


def test_the_gate_falls_shortly_before_a_formal_start(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().reach_identity()
    room.at(STARTS - timedelta(minutes=10))
    candidate.beat()
    assert candidate.step == "waiting"


def test_strangers_and_exams_without_the_step_are_refused(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().enter()
    candidate.join()
    candidate.agree()
    assert candidate.code("identity", **identity_body()) == (409, "OS-2013"), "the devices come before it"
    candidate.http.cookies.clear()
    assert candidate.code("identity", **identity_body()) == (401, "OS-2011")


# ----------------------------------------------------------------------------- mock and formal interview


def test_what_the_mock_has_decided_counts_in_the_formal_interview(room: RunningRoom, arrive: Arrive) -> None:
    room.at(MOCKING)
    mock = arrive("mock").reach_identity()
    assert mock.join()["identity"] == {"typed": False}
    mock.call("identity", **identity_body())
    decide(room, mock, "zhang", Identity.PASSED)
    room.at(BEFORE)
    formal = arrive("formal", jti=mock.jti).reach_identity()
    assert (formal.step, formal.attempt["identity"]) == ("room", "carried")


@pytest.mark.parametrize("outcome", [None, Identity.DOUBTFUL, Identity.REJECTED])
def test_otherwise_photographs_are_taken_again_but_nothing_is_typed_twice(
    room: RunningRoom, arrive: Arrive, outcome: Identity | None
) -> None:
    room.at(MOCKING)
    mock = arrive("mock").reach_identity()
    mock.call("identity", **identity_body())
    if outcome:
        decide(room, mock, "zhang", outcome)
    room.at(BEFORE)
    formal = arrive("formal", jti=mock.jti).reach_identity()
    assert formal.step == "identity"
    assert formal.join()["identity"] == {"typed": True}
    formal.call("identity", **identity_body(name="", number=""))
    assert formal.step == "room"


# ------------------------------------------------------------------------------------ check at the portal


@pytest.mark.parametrize("agrees", [True, False])
def test_the_portal_says_whether_name_and_number_are_the_seats(
    room: RunningRoom, arrive: Arrive, portal: Portal, checks: IdentityChecks, agrees: bool
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    portal.answers.append((200, {"agrees": agrees}))
    assert checks.send_due() == 1
    assert portal.seen == [
        (
            "/api/v1/exams/test/identity/check",
            {"jti": candidate.jti, "name": "测试考生", "id_number": NUMBER},
            "Bearer ost1.x.y",
        )
    ]
    assert claim_of(room, candidate).agrees is agrees
    assert checks.send_due() == 0
    assert candidate.join()["identity"] == {"typed": agrees}, "what is wrong is typed anew the next time"


def test_no_answer_is_never_a_yes_and_is_asked_again(
    room: RunningRoom, arrive: Arrive, portal: Portal, checks: IdentityChecks
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    portal.answers += [(503, {}), (200, {}), (200, {"agrees": "yes"}), (429, {"code": "OS-240"})]
    for _ in range(4):
        assert checks.send_due() == 1
        assert claim_of(room, candidate).agrees is None
        room.later(timedelta(minutes=5))
    portal.answers.append((200, {"agrees": True}))
    checks.send_due()
    assert claim_of(room, candidate).agrees is True


def test_what_the_portal_refuses_for_good_stays_unanswered(
    room: RunningRoom, arrive: Arrive, portal: Portal, checks: IdentityChecks
) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    portal.answers.append((404, {"code": "OS-206"}))
    checks.send_due()
    room.later(timedelta(minutes=5))
    assert checks.send_due() == 0
    assert claim_of(room, candidate).agrees is None


# ------------------------------------------------------------------------------------------------ rules


def made(*decisions: str) -> list[Decision]:
    """Decisions such as ``zhang:rejected``."""
    split = [decision.split(":") for decision in decisions]
    return [Decision("a", BEFORE, name, outcome, "other", "") for name, outcome in split]


@pytest.mark.parametrize(
    ("decisions", "state", "awaits"),
    [
        ((), "undecided", False),
        (("a:passed",), "passed", False),
        (("a:rejected",), "doubtful", True),
        (("a:rejected", "a:rejected"), "doubtful", True),
        (("a:rejected", "b:rejected"), "rejected", False),
        (("a:rejected", "b:passed"), "passed", False),
        (("a:rejected", "b:doubtful", "b:rejected"), "doubtful", True),
        (("a:rejected", "b:rejected", "c:passed"), "passed", False),
    ],
    ids=range(8),
)
def test_the_newest_decision_counts_and_a_rejection_takes_two_persons(
    decisions: tuple[str, ...], state: str, awaits: bool
) -> None:
    given = made(*decisions)
    assert (state_of(given), awaits_second(given)) == (state, awaits)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(Identity)[1:]))))
def test_one_person_alone_never_rejects(decisions: list[tuple[str, Identity]]) -> None:
    alone = [Decision("a", BEFORE, "zhang", outcome, "other", "") for _, outcome in decisions]
    assert state_of(alone) is not Identity.REJECTED


def test_only_a_confirmed_name_and_number_may_pass() -> None:
    assert [may_pass(agrees=agrees) for agrees in (True, False, None)] == [True, False, False]
    assert not may_reject(made("a:rejected"), "a") and may_reject(made("a:rejected"), "b")
    assert may_reject(made("a:rejected", "b:passed"), "a")


def test_the_step_once_finished_stays_as_it_was(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().reach_identity()
    candidate.call("identity", **identity_body())
    with room.exam.database.writing() as connection:
        attempt_id = candidate.attempt["nonce"]
        again = attempts.record_identity(connection, attempt_id, room.clock.now(), attempts.CARRIED)
    assert not again
