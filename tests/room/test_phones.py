"""Phones that film candidates: who gets in, one at a time, what passes the computer's gates, what is kept."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection

from oneseat.room.refusals.phones import PhoneIdentityWrong
from oneseat.room.rules.endings import CHIEF
from oneseat.room.rules.incidents import ALIKE
from oneseat.room.services.attempts import hand_in
from oneseat.room.services.incidents import incidents
from oneseat.state.room import attempts, endings, events, permissions, phones, symptoms, takes
from oneseat.state.room.endings import NewEnding
from oneseat.state.room.symptoms import Symptom
from signing.authority.signer import sign_token
from signing.charter import PhoneTerms
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.text import Text
from signing.tokens import VERSION, Licence
from tests import charters
from tests.room.candidate import Candidate, arriving, wire
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    MOCKING,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.phone import BUILD, DIGEST, Phone, at_seat, pair_code, pass_time

HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def phone_room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> Iterator[RunningRoom]:
    """On SQLite by the fast path, on PostgreSQL by the plain one."""
    with contextlib.ExitStack() as kept:
        state = None
        if request.param == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        exam = HeldExam(tmp_path_factory.mktemp("phones"), room_keys, state)
        kept.callback(exam.database.close)
        exam.publish(version=2, phone=PhoneTerms("both", "gate", 20), builds=("build-1", BUILD))
        fast = request.param == "sqlite"
        room = kept.enter_context(running_room(exam, FixedClock(BEFORE), fast_path=fast))
        room.app.state.typed_identities.seat_of = at_seat
        yield room


@pytest.fixture
def room(phone_room: RunningRoom) -> RunningRoom:
    phone_room.at(BEFORE)
    return phone_room


Meet = Callable[..., Phone]


@pytest.fixture
def meet(room: RunningRoom) -> Iterator[Meet]:
    """Makes phones of a seat."""
    with contextlib.ExitStack() as stack:

        def meet(jti: str = "") -> Phone:
            phone = Phone(room, jti or secrets.token_hex(16))
            stack.callback(phone.close)
            return phone

        yield meet


@pytest.fixture
def candidate(room: RunningRoom) -> Iterator[Candidate]:
    with arriving(room) as arrive:
        yield arrive()


def at_computer(candidate: Candidate) -> Candidate:
    candidate.enter().join()
    candidate.agree()
    return candidate


def codes_of(room: RunningRoom, candidate: Candidate) -> list[str]:
    with room.exam.database.reading() as connection:
        return [each.code for each in events.list_of(connection, EXAM, candidate.attempt["nonce"])]


# ---------------------------------------------------------------------------------------- logins


def test_a_phone_logs_in_first_and_waits_for_the_computer(meet: Meet) -> None:
    view = meet().log_in().view
    assert view["phone"]["live"] is True
    assert (view["phone"]["epoch"], view["phone"]["kind"], view["attempt"]) == (1, "page", None)
    assert view["terms"] == {"order": "gate", "sweep_s": 20}
    assert (view["pc_silent"], view["outstanding"], view["permission"]) == (False, None, None)


def test_the_page_and_what_it_says_without_a_login_hold_nothing_of_anybody(meet: Meet) -> None:
    phone = meet()
    page, about = phone.http.get("/phone/"), phone.http.get("/phone/about")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "camera=(self)" in page.headers["permissions-policy"]
    assert about.json() == {"exam": EXAM, "kind": "both", "order": "gate", "sweep_s": 20}


def test_the_cookie_is_the_phone_pages_alone(meet: Meet, room: RunningRoom) -> None:
    phone = meet()
    answer = phone.post("login", phone.login_body())
    assert answer.headers["set-cookie"].startswith(f"oneseat-phone-{EXAM}=")
    for part in ("HttpOnly", "Path=/phone/", "SameSite=lax"):
        assert part in answer.headers["set-cookie"]


def test_a_licence_is_the_seats_of_this_exam_and_build_and_of_this_very_file(meet: Meet) -> None:
    phone = meet()
    now = int(charters.at(2, 0).timestamp())
    view = phone.log_in(phone.licence()).view
    assert view["phone"]["kind"] == "app"
    for code, token in {
        "OS-2191": phone.licence(jti=secrets.token_hex(16)),
        "OS-2192": phone.licence(exam="other"),
        "OS-2193": phone.licence()[:-4] + "AAAA",
        "OS-2194": phone.licence(build="older"),
        "OS-2195": phone.licence(base="cd" * 32),
    }.items():
        assert phone.refused(licence=token) == code
    assert phone.refused(licence=phone.licence(exp=now + 1)) == "OS-2194"
    spliced = ".".join([*phone.licence().split(".")[:2], meet().licence().split(".")[2]])
    assert phone.refused(licence=spliced) == "OS-2193"
    assert phone.refused(licence=phone.licence(), digest="") == "OS-2195"


def test_a_computers_licence_lets_no_phone_in(meet: Meet, room: RunningRoom) -> None:
    phone = meet()
    now = int(charters.at(2, 0).timestamp())
    ends = int(charters.at(31, 0).timestamp())
    licence = Licence(EXAM, phone.jti, BUILD, DIGEST, b64url_encode(bytes(32)), now, now, ends, VERSION)
    token = sign_token(room.exam.keys.authority.signer("licence"), Licence.TYP, licence.claims())
    assert phone.refused(licence=token) == "OS-2196"


def test_a_proof_is_of_this_key_for_this_nonce_and_this_licence_once(meet: Meet, room: RunningRoom) -> None:
    phone, other = meet(), meet()
    body = phone.login_body()
    assert phone.post("login", {**body, "key": other.spki}).json()["code"] == "OS-2181"
    assert phone.post("login", {**body, "nonce": phone.nonce()}).json()["code"] == "OS-2181"
    with_other = {**body, "licence": phone.licence(), "digest": DIGEST}
    assert phone.post("login", with_other).json()["code"] == "OS-2181"
    assert phone.post("login", body).status_code == 200
    assert phone.post("login", body).json()["code"] == "OS-2181", "a proof that was seen is worth nothing"
    late = phone.login_body()
    pass_time(room, seconds=121)
    assert phone.post("login", late).json()["code"] == "OS-2181"
    assert phone.refused(nonce="A" * 48) == "OS-2181"


def test_a_key_on_another_curve_or_of_another_kind_is_refused(meet: Meet) -> None:
    phone = meet()
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for key in (ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256K1())):
        other = b64url_encode(key.public_key().public_bytes(*form))
        assert phone.refused(key=other) == "OS-2181"
    assert phone.refused(key="AAAA") == "OS-2181"


def test_what_was_typed_wrong_lets_nobody_in(
    meet: Meet, room: RunningRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_nobody(_: object) -> str:
        raise PhoneIdentityWrong

    monkeypatch.setattr(room.app.state.typed_identities, "seat_of", of_nobody)
    assert meet().refused() == "OS-2182"


def test_another_sites_page_cannot_log_in(meet: Meet) -> None:
    phone = meet().log_in()
    for name, body in (
        ("login", phone.login_body()),
        ("beat", {"epoch": 1}),
        ("consent", {"epoch": 1, "version": "1", "agreed": True}),
    ):
        assert phone.post(name, body, origin="https://elsewhere.example").json()["code"] == "OS-2012"


def test_who_floods_the_login_is_told_to_wait_and_holders_are_not(
    meet: Meet, room: RunningRoom, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = pair_code(at_computer(candidate))
    limit = room.app.state.phone_strangers
    monkeypatch.setattr(limit, "_buckets", type(limit._buckets)({"127.0.0.1": (0.0, limit._clock_s() + 60)}))
    stranger, holder = meet(), meet()
    assert stranger.refused() == "OS-2183"
    assert stranger.refused(pair="A" * 32) == "OS-2183"
    holder.log_in(holder.licence())
    meet(candidate.jti).log_in(pair=code)


# ------------------------------------------------------------------------------- codes and moves


def test_a_code_on_the_computer_lets_one_phone_in_once(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    at_computer(candidate)
    shown = candidate.call("phone/pair")
    assert shown["url"] == f"{room.exam.origin}/phone/#pair={shown['code']}"
    assert shown["svg"].startswith("<svg")
    phone = meet(candidate.jti).log_in(pair=shown["code"])
    assert phone.view["attempt"]["nonce"] == candidate.attempt["nonce"]
    assert meet().refused(pair=shown["code"]) == "OS-2185"


def test_a_code_ends_and_a_newer_one_replaces_it(meet: Meet, room: RunningRoom, candidate: Candidate) -> None:
    at_computer(candidate)
    first, second = pair_code(candidate), pair_code(candidate)
    assert meet().refused(pair=first) == "OS-2185"
    pass_time(room, minutes=5)
    assert meet().refused(pair=second) == "OS-2185"


def test_a_second_phone_needs_the_code_of_the_computer_and_the_first_only_uploads(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    at_computer(candidate)
    old = meet(candidate.jti).log_in().place()
    segments = old.record()
    new = meet(candidate.jti)
    assert new.refused() == "OS-2186"
    assert new.refused(move="000000") == "OS-2187", "no code was shown"
    code = candidate.call("phone/move")["code"]
    assert len(code) == 6
    assert meet(candidate.jti).log_in(move=code).view["phone"]["live"]
    assert old.stored(*segments)["phone"]["live"] is False
    late = old.record(take=old.takes[0], first=1)
    assert old.stored(*late)["received"], "uploads of the old one stay welcome"
    assert old.code("step", step="placed", facts={}) == (409, "OS-2198")
    assert candidate.beat()["phone"]["moved"] is True
    assert "phone-moved" in codes_of(room, candidate)


def test_six_digits_are_good_for_few_tries_and_one_seat(
    meet: Meet, candidate: Candidate, room: RunningRoom
) -> None:
    at_computer(candidate)
    meet(candidate.jti).log_in()
    code = candidate.call("phone/move")["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert meet(candidate.jti).refused(move=wrong) == "OS-2187"
    assert meet(candidate.jti).refused(move=code) == "OS-2187", "guessing used it up"
    fresh = candidate.call("phone/move")["code"]
    other = meet()
    meet(other.jti).log_in()
    assert other.refused(move=fresh) == "OS-2187", "it is another seat's"
    pass_time(room, minutes=5)
    assert meet(candidate.jti).refused(move=fresh) == "OS-2187"


def test_of_phones_that_log_in_at_once_one_wins(meet: Meet) -> None:
    jti = secrets.token_hex(16)
    rivals = [meet(jti) for _ in range(4)]
    bodies = [rival.login_body() for rival in rivals]
    with ThreadPoolExecutor(len(rivals)) as pool:
        answers = list(
            pool.map(lambda pair: pair[0].post("login", pair[1]), zip(rivals, bodies, strict=True))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


def test_without_a_computer_a_phone_that_was_left_behind_is_replaced(meet: Meet, room: RunningRoom) -> None:
    first = meet().log_in()
    second = meet(first.jti)
    assert second.refused() == "OS-2186"
    pass_time(room, seconds=121)
    assert second.log_in().view["phone"]["live"]


# -------------------------------------------------------------------------------- coming back


def test_a_key_brings_a_phone_back_and_the_older_page_is_told(meet: Meet) -> None:
    phone = meet().log_in()
    before = dict(phone.http.cookies)
    assert phone.come_back().json()["phone"]["epoch"] == 2
    assert dict(phone.http.cookies) != before
    assert phone.code("beat") == (409, "OS-2010")
    again = meet(phone.jti)
    again.key = phone.key
    assert again.log_in().view["phone"]["id"] == phone.view["phone"]["id"], "the same key is the same phone"


def test_a_stranger_comes_back_to_nothing(meet: Meet) -> None:
    phone, thief = meet().log_in(), meet().log_in()
    own = thief.view
    thief.view = phone.view
    assert thief.come_back().json()["code"] == "OS-2181"
    thief.view = own
    assert thief.come_back(phone="0" * 32).json()["code"] == "OS-2197"
    assert meet().post("beat", {"epoch": 1}).json()["code"] == "OS-2197"


# ---------------------------------------------------------------------------- the computer's gates


def test_the_computer_waits_for_the_phone_and_then_for_its_place(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    at_computer(candidate)
    assert candidate.step == "phone"
    assert candidate.code("step", step="devices", facts={"ready": True}) == (409, "OS-2013")
    assert candidate.code("step", step="phone", facts={"acknowledged": True}) == (409, "OS-2188")
    phone = meet(candidate.jti).log_in()
    assert candidate.code("step", step="phone", facts={}) == (409, "OS-2188"), "nothing without a consent"
    phone.agree()
    assert candidate.beat()["phone"]["present"] is True
    assert candidate.step == "devices", "the phone itself passes the gate"
    candidate.call("step", step="devices", facts={"ready": True})
    assert candidate.code("step", step="room", facts={}) == (409, "OS-2189")
    phone.place()
    assert candidate.beat()["phone"]["recording"] is True
    candidate.call("step", step="room", facts={})
    assert candidate.step == "waiting"


def test_a_phone_that_says_it_films_and_brings_nothing_passes_no_gate(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    at_computer(candidate)
    phone = meet(candidate.jti).log_in().agree()
    candidate.beat()
    candidate.call("step", step="devices", facts={"ready": True})
    phone.call("step", step="check", facts={})
    phone.call("step", step="sweep", facts={"recording": True})
    phone.call("step", step="placed", facts={"recording": True})
    phone.beat({"recording": True})
    assert candidate.beat()["phone"]["recording"] is False
    assert candidate.code("step", step="room", facts={}) == (409, "OS-2189")


def test_the_phones_gates_fall_before_a_formal_start_and_are_recorded(
    room: RunningRoom, candidate: Candidate
) -> None:
    at_computer(candidate)
    room.at(STARTS - timedelta(minutes=10) - SECOND)
    assert candidate.beat() and candidate.step == "phone"
    room.at(STARTS - timedelta(minutes=10))
    assert candidate.beat() and candidate.step == "devices"
    assert candidate.code("step", step="phone", facts={}) == (409, "OS-2188")
    candidate.call("step", step="phone", facts={"acknowledged": True})
    candidate.call("step", step="devices", facts={"ready": True})
    candidate.call("step", step="room", facts={"acknowledged": True})
    assert candidate.step == "waiting"
    assert "phone-finished" in codes_of(room, candidate)


def test_a_mocks_gates_never_fall(room: RunningRoom) -> None:
    room.at(MOCKING)
    with arriving(room) as arrive:
        candidate = at_computer(arrive("mock"))
        room.later(timedelta(hours=3))
        assert candidate.beat() and candidate.step == "phone"
        assert candidate.code("step", step="phone", facts={"acknowledged": True}) == (409, "OS-2188")


# -------------------------------------------------------------------------- faults and permissions


def placed(meet: Meet, candidate: Candidate) -> Phone:
    at_computer(candidate)
    phone = meet(candidate.jti).log_in().place()
    assert candidate.beat()["phone"]["fault"] is None
    return phone


def test_a_fault_opens_a_permission_of_five_minutes_once_and_its_end_ends_it(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    pass_time(room, seconds=31)
    assert candidate.beat()["phone"]["fault"] == "silent"
    with room.exam.database.reading() as connection:
        (held,) = permissions.list_of(connection, EXAM, candidate.attempt["nonce"])
    assert (held.opener, held.reason, held.ends_at - held.begins_at) == (
        "system",
        "phone",
        timedelta(minutes=5),
    )
    assert phone.beat()["permission"]["reason"] == "phone"
    pass_time(room, minutes=6)
    assert candidate.beat()["phone"]["fault"] == "silent"
    with room.exam.database.reading() as connection:
        assert len(permissions.list_of(connection, EXAM, candidate.attempt["nonce"])) == 1
    phone.record(take=phone.takes[0])
    assert candidate.beat()["phone"]["fault"] is None
    pass_time(room, seconds=31)
    candidate.beat()
    phone.record(take=phone.takes[0], first=1)
    candidate.beat()
    with room.exam.database.reading() as connection:
        second = permissions.list_of(connection, EXAM, candidate.attempt["nonce"])[-1]
    assert (second.ended_by, second.ends_at - room.clock.now()) == ("phone", timedelta(minutes=1))
    known = codes_of(room, candidate)
    assert (known.count("phone-fault"), known.count("phone-well")) == (2, 2)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"battery": 15}, "low-battery"),
        ({"battery": 15, "charging": True}, None),
        ({"battery": 16}, None),
        ({"free_mib": 299}, "low-storage"),
        ({"battery": None, "free_mib": None}, None),
    ],
    ids=["low", "charging", "enough", "full", "unknown"],
)
def test_the_computer_shows_what_the_phone_lacks(
    meet: Meet, candidate: Candidate, facts: dict[str, Any], fault: str | None
) -> None:
    phone = placed(meet, candidate)
    phone.beat(facts)
    shown = candidate.beat()["phone"]
    assert (shown["fault"], shown["present"], shown["placed"]) == (fault, True, True)


def test_a_phone_that_films_no_more_is_a_fault_though_it_calls(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    for _ in range(4):
        pass_time(room, seconds=25)
        phone.beat()
    assert candidate.beat()["phone"]["fault"] == "not-recording"


def end_by_two(room: RunningRoom, candidate: Candidate, reopen: bool = False) -> None:
    """End an attempt as two persons do; or open it again."""
    attempt_id, now = candidate.attempt["nonce"], room.clock.now()
    with room.exam.database.writing() as connection:
        attempt = attempts.lock(connection, EXAM, attempt_id)
        assert attempt is not None
        if reopen:
            (ending,) = [each for each in endings.list_of(connection, EXAM, attempt_id) if each.is_in_force]
            endings.reopen(connection, ending.id, now, "li", "火警解除", attempt.receipt)
            attempts.reopen(connection, attempt_id)
            return
        number = endings.add(connection, NewEnding(EXAM, attempt_id, "danger", "火警", now, "zhang"))
        endings.decide(connection, number, now, "li", endings.CONFIRMED)
        hand_in.record(room.app.state.room, connection, attempt, CHIEF, now)


@pytest.fixture
def ended(meet: Meet, room: RunningRoom, candidate: Candidate) -> Phone:
    """The phone of an attempt that was ended, and opened again two minutes later."""
    phone = placed(meet, candidate)
    end_by_two(room, candidate)
    candidate.beat()
    for _ in range(6):
        pass_time(room, seconds=20)
        view = phone.beat()
        candidate.beat()
    assert view["attempt"]["reopens_until"] == wire(ENDS)
    end_by_two(room, candidate, reopen=True)
    return phone


def test_a_phone_that_films_again_after_a_reopening_has_no_fault(
    room: RunningRoom, candidate: Candidate, ended: Phone
) -> None:
    assert candidate.beat()["phone"]["fault"] is None, "its page has not heard of the reopening yet"
    pass_time(room, seconds=5)
    assert ended.beat()["attempt"]["reopens_until"] is None
    ended.begin_take()
    pass_time(room, seconds=25)
    ended.beat()
    assert candidate.beat()["phone"]["fault"] is None
    assert "phone-fault" not in codes_of(room, candidate)
    for _ in range(4):
        pass_time(room, seconds=25)
        ended.beat()
    assert candidate.beat()["phone"]["fault"] == "not-recording", "later it is a fault like any other"


def test_a_phone_that_does_not_film_again_is_asked_for_with_a_permission(
    room: RunningRoom, candidate: Candidate, ended: Phone
) -> None:
    pass_time(room, seconds=20)
    assert candidate.beat()["phone"]["fault"] is None
    pass_time(room, seconds=1)
    for _ in range(2):
        assert candidate.beat()["phone"]["fault"] == "not-resumed"
        assert candidate.join()["phone"]["fault"] == "not-resumed"
        assert candidate.beat()["called"] is True, "the page is to ask for the permission"
    with room.exam.database.reading() as connection:
        (held,) = permissions.list_of(connection, EXAM, candidate.attempt["nonce"])
    length = timedelta(minutes=5)
    assert (held.opener, held.reason, held.ends_at - held.begins_at) == ("system", "phone", length)
    ended.begin_take()
    assert candidate.beat()["phone"]["fault"] is None
    known = codes_of(room, candidate)
    assert (known.count("phone-fault"), known.count("phone-well")) == (1, 1)
    pass_time(room, seconds=31)
    assert candidate.beat()["phone"]["fault"] == "silent", "it has filmed since the reopening"


def test_a_page_that_joins_before_the_permission_is_told_of_it_by_its_beats(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    pass_time(room, seconds=31)
    assert candidate.join()["phone"]["fault"] == "silent"
    assert candidate.call("help/state")["permission"] is None, "a page that reads opens nothing"
    for _ in range(2):
        beat = candidate.beat()
        assert (beat["phone"]["fault"], beat["called"]) == ("silent", True)
    phone.record(take=phone.takes[0])
    beat = candidate.beat()
    assert (beat["phone"]["fault"], beat["called"]) == (None, True), "a minute is left to put it back"
    pass_time(room, minutes=1)
    phone.beat()
    assert candidate.beat()["called"] is False


def test_a_permission_that_is_over_is_not_asked_for_though_the_fault_remains(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    placed(meet, candidate)
    pass_time(room, seconds=31)
    candidate.beat()
    pass_time(room, minutes=5)
    beat = candidate.beat()
    assert (beat["phone"]["fault"], beat["called"]) == ("silent", False)


def test_a_beat_looks_for_the_reopening_once_and_only_of_a_phone_that_ceased_to_film(
    room: RunningRoom, candidate: Candidate, ended: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = endings.reopened_at

    def counted(connection: Connection, exam: str, attempt: str) -> datetime | None:
        asked.append(attempt)
        return plain(connection, exam, attempt)

    monkeypatch.setattr(endings, "reopened_at", counted)
    for seconds, fault in ((5, None), (20, "not-resumed"), (5, "not-resumed")):
        pass_time(room, seconds=seconds)
        asked.clear()
        assert candidate.beat()["phone"]["fault"] == fault
        assert asked == [candidate.attempt["nonce"]]
    ended.begin_take()
    asked.clear()
    assert candidate.beat()["phone"]["fault"] is None
    assert asked == []


def test_an_attempt_that_nobody_may_open_again_keeps_no_phone_awake(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    assert phone.beat()["attempt"]["reopens_until"] is None
    room.at(ENDS)
    candidate.hand_in()
    assert phone.beat()["attempt"]["reopens_until"] is None


def test_the_phone_is_told_that_the_computer_is_silent(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    pass_time(room, seconds=60)
    assert phone.beat()["pc_silent"] is False
    pass_time(room, seconds=1)
    assert phone.beat()["pc_silent"] is True


# --------------------------------------------------------------------------------- what is kept


def test_an_attempt_is_complete_when_the_phone_has_brought_all(
    meet: Meet, room: RunningRoom, candidate: Candidate
) -> None:
    phone = placed(meet, candidate)
    segments = phone.record(2, take=phone.takes[0])
    own = candidate.record()
    candidate.stored(*own)
    room.at(ENDS)
    candidate.hand_in(own)
    assert candidate.step == "uploading", "the phone's recording is promised by nobody yet"
    view = phone.stored(segments[0])
    assert view["outstanding"] == 1
    view = phone.call("promise", takes=[{"take": phone.takes[0], "promised": 2}])
    assert (view["outstanding"], view["attempt"]["completed_at"]) == (1, None)
    view = phone.stored(segments[1])
    assert view["outstanding"] == 0
    assert view["attempt"]["completed_at"] is not None
    candidate.beat()
    assert candidate.step == "complete"
    with room.exam.database.reading() as connection:
        kept = takes.list_of(connection, candidate.attempt["nonce"])
    assert {take.stream for take in kept} == {"camera", "phone"}


def test_computer_and_phone_do_not_touch_each_others_takes(meet: Meet, candidate: Candidate) -> None:
    phone = placed(meet, candidate)
    (own,) = candidate.record(1)
    mine = phone.take_body(own.take)
    assert phone.code("beat", takes=[mine]) == (400, "OS-184")
    theirs = candidate.take_body(phone.takes[0])
    assert candidate.code("beat", takes=[theirs]) == (400, "OS-184")
    assert phone.code("beat", takes=[phone.take_body("1" * 24, stream="camera")]) == (400, "OS-184")
    assert candidate.code("beat", takes=[candidate.take_body("2" * 24, stream="phone")]) == (400, "OS-184")


def test_sweep_and_place_begin_anew_with_another_attempt(room: RunningRoom, meet: Meet) -> None:
    room.at(MOCKING)
    jti = secrets.token_hex(16)
    with arriving(room) as arrive:
        mock = at_computer(arrive("mock", jti=jti))
        phone = meet(jti).log_in().place()
        assert phone.view["phone"]["placed_at"] is not None
        late = phone.record(take=phone.takes[0])
        room.at(BEFORE)
        phone.come_back()
        formal = at_computer(arrive("formal", jti=jti))
        phone.answered(phone.come_back())
        view = phone.stored(*late)
        assert view["attempt"]["nonce"] == formal.attempt["nonce"]
        assert (view["phone"]["swept_at"], view["phone"]["placed_at"]) == (None, None)
        assert view["phone"]["consent_version"] == "1"
        assert view["received"], "what was filmed in the mock still finds its attempt"
        with room.exam.database.reading() as connection:
            (take,) = takes.list_of(connection, mock.attempt["nonce"])
        assert take.stored_count == 1


def test_steps_of_a_phone_come_in_order(meet: Meet, candidate: Candidate) -> None:
    phone = meet(candidate.jti).log_in()
    assert phone.code("step", step="check", facts={}) == (409, "OS-2013")
    phone.agree()
    assert phone.code("step", step="sweep", facts={}) == (409, "OS-2013")
    phone.call("step", step="check", facts={})
    assert phone.code("step", step="sweep", facts={}) == (409, "OS-2013"), "there is nothing to film yet"
    at_computer(candidate)
    assert phone.code("step", step="placed", facts={}) == (409, "OS-2013")
    phone.call("step", step="sweep", facts={})
    assert phone.call("step", step="placed", facts={})["phone"]["placed_at"]


def test_a_phone_is_kept_without_its_cookie(meet: Meet, room: RunningRoom) -> None:
    phone = meet().log_in()
    with room.exam.database.reading() as connection:
        (kept,) = phones.list_of_seat(connection, EXAM, phone.jti)
    (cookie,) = phone.http.cookies.values()
    assert cookie not in repr(kept)
    assert kept.entered_by == "identity"


def test_an_exam_without_phones_knows_none(shared_room: RunningRoom) -> None:
    shared_room.at(BEFORE)
    phone = Phone(shared_room, secrets.token_hex(16))
    assert phone.refused() == "OS-2180"
    assert phone.http.get("/phone/about").json()["code"] == "OS-2180"
    with arriving(shared_room) as arrive:
        candidate = at_computer(arrive())
        assert candidate.step == "devices"
        assert candidate.beat()["phone"] is None
        assert candidate.code("phone/pair") == (404, "OS-2180")
    phone.close()


# -------------------------------------------------------------------------------------- incidents


def test_a_phones_fault_counts_for_an_incident_and_its_words_are_shown_until_its_close(
    room: RunningRoom, meet: Meet, candidate: Candidate
) -> None:
    phone, served = meet(at_computer(candidate).jti).log_in().agree(), room.app.state.room
    fault = {"at": wire(room.clock.now()), "code": "upload-fault", "facts": {}}
    phone.beat(events=[fault, fault])
    others = [Symptom("upload-fault", f"s{n}", f"s{n}", room.clock.now()) for n in range(ALIKE - 1)]
    with room.exam.database.writing() as connection:
        symptoms.record(connection, EXAM, others)
    (number,) = incidents.look(served)
    assert phone.beat()["incident"] is None, "nobody has opened it"
    with room.exam.database.writing() as connection:
        incidents.open_incident(served, connection, number, "li", Text("Slow.", "缓慢。"))
    incidents.look(served)
    assert phone.beat()["incident"] == {"zh": "缓慢。", "en": "Slow."}
    with room.exam.database.writing() as connection:
        incidents.close_incident(served, connection, number, "li", "solved")
    incidents.look(served)
    assert phone.beat()["incident"] is None
