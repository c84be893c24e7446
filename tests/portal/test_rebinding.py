"""The same computer that lost its key gets its seat back; another one does not, whatever it claims."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.rebinding import (
    MISMATCHES_A_DAY,
    NEEDED_TRAITS,
    REBINDS_A_DAY,
    SETTLE,
    Verdict,
    decide_rebinding,
)
from oneseat.portal.tokens.signed_values import NONCE_LIFE
from oneseat.state.accounts import audit
from oneseat.state.candidates import activations, seat_support
from signing.clock import FixedClock
from signing.jws import b64url_decode, b64url_encode
from signing.tokens import Activation, activation_message
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.simulator import Candidate, Device, Person

MINE = {
    "machine-guid": b"6f0d7c2e",
    "system-uuid": bytes(range(16)),
    "board-serial": b"pf1b2c3d",
    "system-disk": b"s3yjnx0k512345",
    "system-volume": b"1a2b3c4d",
}
THEIRS = {name: value[::-1] + b"x" for name, value in MINE.items()}
NAMES = tuple(MINE)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def portal(on_either: PublishedExam) -> Iterator[Running]:
    """A portal on either database."""
    with running(on_either.settings(), FixedClock(INSIDE)) as served:
        yield served


@pytest.fixture
def owner(portal: Running, on_either: PublishedExam) -> Iterator[Candidate]:
    """A candidate whose computer holds the seat, and has for a while."""
    with portal.candidate(on_either.people[0]) as candidate:
        candidate.device = Device(traits=MINE)
        candidate.activated(on_either.licence(candidate.person))
        portal.at(INSIDE + timedelta(hours=1))
        yield candidate


def mixed(shared: int) -> Mapping[str, bytes]:
    """A computer that has so many traits of :data:`MINE`."""
    return {**THEIRS, **{name: MINE[name] for name in NAMES[:shared]}}


def code(answer: httpx.Response) -> str:
    return "" if answer.status_code == 200 else str(answer.json()["code"])


def log(exam: PublishedExam) -> list[tuple[str, str, object]]:
    """The portal's own entries in the audit log, newest first."""
    with exam.database.reading() as connection:
        audit.verify(connection)
        entries = audit.latest(connection, EXAM, 100)
    return [(one.actor, one.act, json.loads(one.facts)) for one in entries if one.actor == "portal"]


def held_by(exam: PublishedExam, person: Person) -> bytes | None:
    with exam.database.reading() as connection:
        held = activations.find(connection, exam.jti(person))
    return held.device_key if held else None


def test_a_computer_without_its_state_goes_on_and_its_old_key_is_dead(
    owner: Candidate, on_either: PublishedExam
) -> None:
    licence, jti, lost = on_either.licence(owner.person), on_either.jti(owner.person), owner.device
    again = lost.without_state()
    answer = owner.activate(licence, device=again)
    assert answer.status_code == 200, answer.text
    activation = Activation.verify(answer.json()["activation"], on_either.charter.keys_for("activation"))
    assert b64url_decode(activation.device) == again.public_key
    assert b64url_decode(answer.json()["seat_key"]) == on_either.seat_key(owner.person)
    assert code(owner.activate(licence, device=lost)) == "OS-109"
    assert owner.activate(licence, device=again).json() == answer.json()
    with on_either.database.reading() as connection:
        retired = seat_support.retired_devices(connection, jti)
    assert [key for _, _, key in retired] == [lost.public_key]
    assert log(on_either) == [("portal", "seat.rebound", {"jti": jti, "matched": 5, "recorded": 5})]


@pytest.mark.parametrize("shared", range(6))
def test_three_traits_are_enough_and_two_are_not(
    owner: Candidate, on_either: PublishedExam, shared: int
) -> None:
    answer = owner.activate(on_either.licence(owner.person), device=Device(traits=mixed(shared)))
    assert code(answer) == ("" if shared >= NEEDED_TRAITS else "OS-103")
    act = "seat.rebound" if shared >= NEEDED_TRAITS else "seat.traits-mismatched"
    facts = {"jti": on_either.jti(owner.person), "matched": shared, "recorded": 5}
    assert log(on_either) == [("portal", act, facts)]


def test_until_device_changes_end_to_the_second(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    licence, until = on_either.licence(owner.person), on_either.charter.device_change_until
    portal.at(until)
    assert code(owner.activate(licence, device=owner.device.without_state())) == "OS-103"
    assert log(on_either) == []
    portal.at(until - SECOND)
    assert code(owner.activate(licence, device=owner.device.without_state())) == ""


def test_without_enough_traits_on_either_side_it_is_as_before(
    portal: Running, on_either: PublishedExam
) -> None:
    some = {name: MINE[name] for name in NAMES[:2]}
    for serial, (first, second) in enumerate(
        [({}, MINE), (MINE, {}), (some, MINE), (MINE, some), (some, some)]
    ):
        with portal.candidate(on_either.people[serial]) as candidate:
            licence = on_either.licence(candidate.person)
            portal.at(INSIDE)
            assert code(candidate.activate(licence, device=Device(traits=first))) == ""
            portal.at(INSIDE + timedelta(hours=1))
            assert code(candidate.activate(licence, device=Device(traits=second))) == "OS-103", serial
    assert log(on_either) == []


def test_a_seat_of_an_earlier_client_is_recognised_once_its_device_says_what_it_is(
    portal: Running, on_either: PublishedExam
) -> None:
    with portal.candidate(on_either.people[0]) as candidate:
        licence, device = on_either.licence(candidate.person), Device()
        first = candidate.activate(licence, device=device)
        updated = Device(device.key, MINE)
        assert candidate.activate(licence, device=updated).json() == first.json()
        assert candidate.activate(licence, device=device).json() == first.json(), (
            "and none keep what there is"
        )
        portal.at(INSIDE + timedelta(hours=1))
        assert code(candidate.activate(licence, device=updated.without_state())) == ""


def test_fifty_at_once_have_one_winner(portal: Running, owner: Candidate, on_either: PublishedExam) -> None:
    licence = on_either.licence(owner.person)

    def claim(_: int) -> tuple[str, str]:
        with portal.candidate(owner.person) as candidate:
            answer = candidate.activate(licence, device=owner.device.without_state())
            return code(answer), answer.json().get("activation", "")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(claim, range(50)))
    assert sorted(refusal for refusal, _ in answers) == ["", *["OS-930"] * 49]
    won = next(token for refusal, token in answers if not refusal)
    activation = Activation.verify(won, on_either.charter.keys_for("activation"))
    assert held_by(on_either, owner.person) == b64url_decode(activation.device)
    assert [act for _, act, _ in log(on_either)] == ["seat.rebound"]


def test_a_binding_is_left_alone_for_as_long_as_a_request_can_be_under_way(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    assert SETTLE == NONCE_LIFE
    licence, start = on_either.licence(owner.person), portal.clock.at
    assert code(owner.activate(licence, device=owner.device.without_state())) == ""
    portal.at(start + SETTLE - SECOND)
    early = owner.activate(licence, device=owner.device.without_state())
    assert (early.status_code, code(early), early.headers["retry-after"]) == (429, "OS-930", "1")
    portal.at(start + SETTLE)
    assert code(owner.activate(licence, device=owner.device.without_state())) == ""


def test_three_a_day_and_support_gives_more(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    licence = on_either.licence(owner.person)
    codes = []
    for _ in range(REBINDS_A_DAY + 1):
        codes.append(code(owner.activate(licence, device=owner.device.without_state())))
        portal.at(portal.clock.at + 3 * MINUTE)
    assert codes == ["", "", "", "OS-931"]
    on_either.reset_budget(owner.person)
    assert code(owner.activate(licence, device=owner.device.without_state())) == ""
    assert len([act for _, act, _ in log(on_either) if act == "seat.rebound"]) == 4


def test_a_retired_key_is_not_bound_again_by_its_traits(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    """A move at the desk is final for the key that it retired; nothing of the attempt is kept."""
    licence, lost = on_either.licence(owner.person), owner.device
    on_either.move(owner.person, portal.clock.at)
    new = lost.without_state()
    assert code(owner.activate(licence, device=new)) == ""
    portal.at(portal.clock.at + timedelta(hours=1))
    assert code(owner.activate(licence, device=lost)) == "OS-109"
    assert held_by(on_either, owner.person) == new.public_key
    assert log(on_either) == []


# ---------------------------------------------------------------------------------------- strangers


def test_a_stranger_with_the_list_of_traits_needs_licence_and_identity_as_well(
    owner: Candidate, on_either: PublishedExam
) -> None:
    """What was learned about a computer opens nothing by itself."""
    thief = on_either.people[1]
    copied = owner.device.without_state()
    own = owner.activate(on_either.licence(thief), identity=thief, device=copied)
    assert code(own) == "", "their own seat, on whatever computer"
    foreign = owner.activate(on_either.licence(owner.person), identity=thief, device=copied)
    assert code(foreign) == "OS-021"
    spliced = Person(thief.name, owner.person.id_number, owner.person.admission_number)
    assert code(owner.activate(on_either.licence(thief), identity=spliced, device=copied)) == "OS-021"
    assert held_by(on_either, owner.person) == owner.device.public_key


def test_hashes_of_one_seat_open_no_other_on_the_same_computer(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    """Two candidates share a computer; who saw the hashes of one request sends them for the other's seat."""
    second = on_either.people[1]
    body = owner.device.activation(owner.nonce(), on_either.licence(owner.person), owner.person)
    with portal.candidate(second) as neighbour:
        neighbour.device = Device(traits=MINE)
        neighbour.activated(on_either.licence(second))
        portal.at(portal.clock.at + timedelta(hours=1))
        replayed = _signed_with(Device(), neighbour, on_either.licence(second), body["traits"])
        assert code(neighbour.http.post(f"{neighbour.api}/activations", json=replayed)) == "OS-103"


def _signed_with(
    device: Device, candidate: Candidate, licence: str, hashes: dict[str, str]
) -> dict[str, object]:
    """A request of a program that sends ready-made hashes, signed by its own key."""
    nonce = candidate.nonce()
    decoded = {name: b64url_decode(value) for name, value in hashes.items()}
    message = activation_message(nonce, licence, device.public_key, decoded)
    body = Device(device.key).activation(nonce, licence, candidate.person)
    return {**body, "traits": hashes, "signature": b64url_encode(device.key.sign(message).signature)}


def test_a_copy_of_the_database_holds_nothing_that_can_be_sent(
    owner: Candidate, on_either: PublishedExam
) -> None:
    with on_either.database.reading() as connection:
        held = activations.find(connection, on_either.jti(owner.person))
    assert held is not None
    sent = owner.device.activation(owner.nonce(), on_either.licence(owner.person), owner.person)["traits"]
    stored = set(held.traits.values())
    assert len(stored) == 5
    for value in sent.values():
        assert not {value, b64url_decode(value).hex(), b64url_decode(value).hex()[:32]} & stored
    if on_either.state.endswith(".db"):
        with sqlite3.connect(on_either.state) as raw:
            everything = "\n".join(raw.iterdump())
        assert not any(value in everything for value in sent.values())


def test_guesses_at_the_traits_learn_nothing_and_end(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    """Two right traits look like none, and after ten wrong lists the right one does, too."""
    licence = on_either.licence(owner.person)
    answers = [owner.activate(licence, device=Device(traits=mixed(count % 3))) for count in range(12)]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert code(answers[0]) == "OS-103"
    assert code(owner.activate(licence, device=owner.device.without_state())) == "OS-103"
    assert len(log(on_either)) == MISMATCHES_A_DAY, "and the log does not grow without end"
    portal.at(portal.clock.at + timedelta(hours=24) / MISMATCHES_A_DAY)
    assert code(owner.activate(licence, device=owner.device.without_state())) == ""


def test_one_value_under_every_name_counts_once(owner: Candidate, on_either: PublishedExam) -> None:
    same = dict.fromkeys(NAMES, MINE["system-disk"])
    assert code(owner.activate(on_either.licence(owner.person), device=Device(traits=same))) == "OS-103"


def test_two_people_with_one_computers_values_do_not_hold_a_seat_in_turn(
    portal: Running, owner: Candidate, on_either: PublishedExam
) -> None:
    """Who shares the values of their computer shares the seat a few times a day, in the desk's sight."""
    licence, turns = on_either.licence(owner.person), 0
    for _ in range(60):
        portal.at(portal.clock.at + 3 * MINUTE)
        turns += owner.activate(licence, device=owner.device.without_state()).status_code == 200
    assert turns == REBINDS_A_DAY
    assert len(log(on_either)) == REBINDS_A_DAY


# --------------------------------------------------------------------------------------------- rule

_LISTS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["a", "b"]))


@given(_LISTS, _LISTS, st.integers(-300, 300), st.integers(-2, 2), st.booleans())
def test_the_rule_binds_anew_only_where_everything_is_given(
    recorded: dict[str, str], sent: dict[str, str], age_s: int, left_s: int, may_compare: bool
) -> None:
    verdict = decide_rebinding(
        recorded,
        sent,
        bound_at=INSIDE - timedelta(seconds=age_s),
        until=INSIDE + timedelta(seconds=left_s),
        may_compare=may_compare,
        now=INSIDE,
    )
    same = sum(recorded.get(name) == value for name, value in sent.items())
    given_all = same >= 3 and left_s > 0 and may_compare
    assert (verdict is Verdict.REBIND) == (given_all and age_s >= 120)
    assert (verdict is Verdict.SETTLING) == (given_all and age_s < 120)
    compared = left_s > 0 and may_compare and min(len(recorded), len(sent)) >= 3
    assert (verdict is Verdict.OTHER) == (compared and same < 3)
