"""The exam room's rows: one attempt per ordinal, one live epoch, one chain, takes in two values, one use."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from oneseat.state.database import Database
from oneseat.state.room import answers, attempts, events, proofs, reports, takes
from oneseat.state.room.answers import Answer, Appended
from oneseat.state.room.attempts import Attempt, NewAttempt
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.takes import Take, TakeCount

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ID, OTHER = "a" * 32, "b" * 32
GENESIS = b"g" * 32
NEW = NewAttempt(
    id=ID,
    exam="demo",
    jti="c" * 32,
    kind="formal",
    session=0,
    ordinal=0,
    device_key=b"k" * 32,
    ticket="ticket",
    created_at=AT,
    starts_at=AT + HOUR,
    ends_at=AT + 2 * HOUR,
    upload_until=AT + 72 * HOUR,
)
TAKE = Take(attempt=ID, take="d" * 24, exam="demo", stream="camera", mime="video/webm", began_at=AT)


def _digest(number: int) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


def _create(database: Database, *new: NewAttempt) -> list[bool]:
    with database.writing() as connection:
        return [attempts.create(connection, one) for one in new]


def _find(database: Database, attempt_id: str = ID) -> Attempt:
    with database.reading() as connection:
        attempt = attempts.find(connection, "demo", attempt_id)
    assert attempt is not None
    return attempt


# ------------------------------------------------------------------------------------------ attempts


def test_an_ordinal_has_one_attempt_and_the_newest_is_found(database: Database) -> None:
    second = replace(NEW, id=OTHER, ordinal=1)
    assert _create(database, NEW, replace(second, ordinal=0), second) == [True, False, True]
    with database.reading() as connection:
        newest = attempts.find_newest(connection, "demo", NEW.jti, "formal", 0)
        assert newest is not None and newest.id == OTHER
        assert attempts.find_newest(connection, "demo", NEW.jti, "mock", 0) is None
        assert attempts.find(connection, "other", ID) is None
    assert "ticket" not in repr(newest).replace("tickets", "")


def test_a_new_cookie_or_grant_replaces_the_one_before(database: Database) -> None:
    _create(database, NEW)
    with database.writing() as connection:
        for cookie in (b"1" * 32, b"2" * 32):
            attempts.replace_cookie(connection, ID, cookie, "attempt")
            attempts.replace_grant(connection, ID, cookie[::-1])
        assert attempts.find_by_cookie(connection, "demo", b"1" * 32) is None
        assert attempts.find_by_cookie(connection, "other", b"2" * 32) is None
        locked = attempts.lock_by_cookie(connection, "demo", b"2" * 32)
        assert locked == attempts.find_by_grant(connection, "demo", b"2" * 32)
        assert locked is not None and locked.cookie_scope == "attempt"


def test_of_windows_that_join_at_once_each_epoch_has_one(database: Database) -> None:
    _create(database, NEW)

    def join(_: int) -> int | None:
        with database.writing() as connection:
            return attempts.raise_epoch(connection, ID, 0)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(join, range(6)), key=str) == [1, *[None] * 5]
    assert _find(database).epoch == 1


def test_what_happens_once_keeps_its_first_time(database: Database) -> None:
    _create(database, replace(NEW, kind="mock", starts_at=None, ends_at=None, upload_until=None))
    for moment, first in ((AT, True), (AT + SECOND, False)):
        with database.writing() as connection:
            times = {"starts_at": moment, "ends_at": moment + HOUR, "upload_until": moment + 72 * HOUR}
            assert attempts.record_consent(connection, ID, f"v{moment.second}", moment, face=first) is first
            assert attempts.record_devices(connection, ID, moment) is first
            assert attempts.record_room(connection, ID, moment) is first
            assert attempts.begin(connection, ID, moment, **times) is first
            assert attempts.hand_in(connection, ID, moment, "candidate", f"r{moment.second}") is first
            assert attempts.complete(connection, ID, moment) is first
            attempts.record_window(connection, ID, moment)
            attempts.record_guards(connection, [ID], moment)
    attempt = _find(database)
    once = ("consent_at", "devices_at", "room_at", "began_at", "starts_at", "handed_in_at", "completed_at")
    assert {name: getattr(attempt, name) for name in once} == dict.fromkeys(once, AT)
    assert (attempt.consent_version, attempt.consent_face, attempt.receipt) == ("v0", True, "r0")
    assert (attempt.ends_at, attempt.upload_until) == (AT + HOUR, AT + 72 * HOUR)
    assert (attempt.window_seen_at, attempt.guard_seen_at) == (AT + SECOND, AT + SECOND)


def test_the_clock_hands_in_what_has_ended_and_nothing_else(database: Database) -> None:
    running = replace(NEW, id=OTHER, ordinal=1, ends_at=AT + 3 * HOUR)
    waiting = replace(NEW, id="e" * 32, ordinal=2, kind="mock", starts_at=None, ends_at=None)
    undecided = replace(NEW, id="d" * 32, ordinal=3)
    _create(database, NEW, running, waiting, undecided, replace(NEW, id="f" * 32, exam="other"))
    with database.writing() as connection:
        for attempt in (ID, OTHER, waiting.id, "f" * 32):
            attempts.record_consent(connection, attempt, "1", AT, face=None)
        for moment, due in (
            (AT + 2 * HOUR - SECOND, []),
            (AT + 2 * HOUR, [ID]),
            (AT + 3 * HOUR, [ID, OTHER]),
        ):
            assert attempts.list_due(connection, "demo", moment, 10) == due
        assert attempts.list_due(connection, "demo", AT + 3 * HOUR, 1) == [ID]
        attempts.hand_in(connection, ID, AT + 2 * HOUR, "clock", "receipt")
        assert attempts.list_due(connection, "demo", AT + 3 * HOUR, 10) == [OTHER]


def test_a_reentry_brings_its_ticket_and_device(database: Database) -> None:
    _create(database, NEW)
    with database.writing() as connection:
        attempts.replace_ticket(connection, ID, "second", b"n" * 32)
    assert (_find(database).ticket, _find(database).device_key) == ("second", b"n" * 32)


# --------------------------------------------------------------------------------------------- takes


def test_a_take_keeps_digests_and_marks_in_any_order(database: Database) -> None:
    take = TAKE.announce(9, _digest(9), 900).announce(0, _digest(0), 100).mark_stored([9, 3])
    assert (take.announced, take.size_total, take.stored_count) == (10, 1000, 1)
    assert [number for number in range(12) if take.sha256_of(number)] == [0, 9]
    assert take.is_stored(9) and not take.is_stored(3) and not take.is_stored(800)
    with database.writing() as connection:
        takes.save(connection, [take, replace(TAKE, take="e" * 24, began_at=AT - SECOND)])
        takes.save(connection, [take.promise(12).mark_stored([0])])
    with database.reading() as connection:
        found = takes.find_some(connection, ID, ["d" * 24, "f" * 24])
        assert takes.find_some(connection, ID, []) == {}
        assert [one.take for one in takes.list_of(connection, ID)] == ["e" * 24, "d" * 24]
        counts = takes.count_of_several(connection, {ID, OTHER})
        assert counts == {ID: TakeCount(2, 10, 1000)} and takes.count_of_several(connection, set()) == {}
    assert list(found["d" * 24].missing()) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert list(found) == ["d" * 24] and found["d" * 24].sha256_of(9) == _digest(9)


def test_calls_at_once_lose_nothing_of_each_other(database: Database) -> None:
    _create(database, NEW)

    def announce(number: int) -> None:
        with database.writing() as connection:
            assert attempts.lock(connection, "demo", ID) is not None
            take = takes.find_some(connection, ID, [TAKE.take]).get(TAKE.take, TAKE)
            takes.save(connection, [take.announce(number, _digest(number), 10).mark_stored([number])])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(announce, range(24)))
    with database.reading() as connection:
        (take,) = takes.list_of(connection, ID)
    assert (take.announced, take.stored_count, take.size_total) == (24, 24, 240)
    assert [take.sha256_of(number) for number in range(24)] == [_digest(number) for number in range(24)]


def test_a_segment_has_one_digest_and_is_counted_once() -> None:
    take = TAKE.announce(0, _digest(0), 100)
    assert take.announce(0, _digest(0), 100) is take
    for wrong in (_digest(1), b"short", bytes(32)):
        with pytest.raises(ValueError, match="one digest"):
            take.announce(0, wrong, 100)
    with pytest.raises(ValueError, match="one digest"):
        take.announce(1, bytes(32), 100)


def test_a_promise_only_grows() -> None:
    take = TAKE.announce(4, _digest(4), 1)
    assert [take.promise(3).promised, take.promise(7).promise(6).promised] == [5, 7]


@pytest.mark.parametrize("segments", [1, 20])
def test_a_beat_takes_as_many_statements_whatever_it_carries(database: Database, segments: int) -> None:
    _create(database, NEW)
    with database.writing() as connection:
        attempts.replace_cookie(connection, ID, b"1" * 32, "attempt")
    statements: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement.split()[0]),
    )
    with database.writing() as connection:
        attempt = attempts.lock_by_cookie(connection, "demo", b"1" * 32)
        assert attempt is not None
        changed = {}
        for take, known in {"d" * 24: None, "e" * 24: None, **takes.find_some(connection, ID, "de")}.items():
            changed[take] = known or replace(TAKE, take=take)
            for number in range(segments):
                changed[take] = changed[take].announce(number, _digest(number), 1).mark_stored([number])
        takes.save(connection, list(changed.values()))
        happened = [RoomEvent(AT, "page", "visible", {"n": number}) for number in range(segments)]
        events.append_all(connection, "demo", ID, happened)
        attempts.record_window(connection, ID, AT)
    assert statements == ["SELECT", "SELECT", "INSERT", "INSERT", "UPDATE"]
    with database.reading() as connection:
        assert takes.count_of_several(connection, {ID})[ID].segments == 2 * segments
        assert events.list_of(connection, "demo", ID) == happened


# ------------------------------------------------------------------------------------------- answers


def _answer(sequence: int, previous: bytes, text: str = "x") -> Answer:
    digest = hashlib.sha256(previous + text.encode()).digest()
    return Answer(
        attempt=ID,
        sequence=sequence,
        exam="demo",
        question="q1",
        previous=previous,
        hash=digest,
        value=f'"{text}"',
        made_at=AT,
        received_at=AT,
        late=False,
    )


def _append(database: Database, answer: Answer) -> tuple[Appended, Answer | None]:
    with database.writing() as connection:
        attempt = attempts.lock(connection, "demo", ID)
        assert attempt is not None
        return answers.append(connection, attempt, answer, GENESIS)


def test_an_answer_follows_the_one_before_and_a_repeated_one_keeps_its_time(database: Database) -> None:
    _create(database, NEW)
    first = _answer(1, GENESIS)
    second = replace(_answer(2, first.hash), late=True)
    assert _append(database, _answer(1, b"w" * 32)) == (Appended.NOT_NEXT, None)
    assert _append(database, _answer(2, GENESIS)) == (Appended.NOT_NEXT, None)
    assert _append(database, first) == (Appended.ADDED, first)
    assert _append(database, _answer(2, GENESIS)) == (Appended.NOT_NEXT, None)
    assert _append(database, _answer(3, first.hash)) == (Appended.NOT_NEXT, None)
    assert _append(database, second) == (Appended.ADDED, second)
    assert _append(database, replace(first, received_at=AT + HOUR)) == (Appended.KNOWN, first)
    assert _append(database, _answer(1, GENESIS, "y")) == (Appended.NOT_NEXT, first)
    with database.reading() as connection:
        assert answers.list_of(connection, ID) == [first, second]
        assert answers.find_last(connection, ID) == second
        assert answers.find_last(connection, OTHER) is None
    assert _find(database).answers_head == second.hash
    assert '"x"' not in repr(first)


def test_of_answers_that_come_at_once_one_has_the_place(database: Database) -> None:
    _create(database, NEW)
    with ThreadPoolExecutor(6) as pool:
        offered = [_answer(1, GENESIS, str(number)) for number in range(6)]
        became = [result for result, _ in pool.map(lambda one: _append(database, one), offered)]
    assert sorted(one.name for one in became) == ["ADDED", *["NOT_NEXT"] * 5]


# ----------------------------------------------------------------------------------- proofs, reports


def test_a_proof_is_spent_once_by_whichever_process(database: Database) -> None:
    def spend(_: int) -> bool:
        with database.writing() as connection:
            return bool(proofs.spend_all(connection, "demo", {b"p" * 32: AT}))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(spend, range(6))) == [False] * 5 + [True]
    with database.writing() as connection:
        assert proofs.spend_all(connection, "other", {b"p" * 32: AT}) == {b"p" * 32}
        assert proofs.sweep(connection, "demo", AT, 10) == 0
        assert proofs.sweep(connection, "demo", AT + SECOND, 10) == 1
        both = {b"q" * 32: AT, b"p" * 32: AT, b"r" * 32: AT}
        assert proofs.spend_all(connection, "demo", {b"q" * 32: AT}) == {b"q" * 32}
        assert proofs.spend_all(connection, "demo", both) == {b"p" * 32, b"r" * 32}, "new ones of several"


def test_a_report_is_sent_until_the_portal_has_it(database: Database) -> None:
    _create(database, NEW)
    with database.writing() as connection:
        added = [reports.add(connection, "demo", ID, what, AT) for what in ("end", "start", "start")]
        assert added == [True, True, False]
        assert reports.take_due(connection, "demo", AT - SECOND, AT, 10) == []
        start, end = reports.take_due(connection, "demo", AT, AT + HOUR, 10)
        assert (start.what, end.what, start.tries, start.ticket) == ("start", "end", 1, "ticket")
        assert "ticket=" not in repr(start)
        assert reports.take_due(connection, "demo", AT + HOUR - SECOND, AT, 10) == []
        reports.finish(connection, start, AT)
        reports.postpone(connection, end, AT + SECOND, "OS-900")
        (again,) = reports.take_due(connection, "demo", AT + SECOND, AT + HOUR, 10)
        assert (again.what, again.tries) == ("end", 2)
        reports.finish(connection, again, AT, "OS-205")
        assert reports.take_due(connection, "demo", AT + 9 * HOUR, AT, 10) == []
