"""The setting ``fast_path`` chooses how beats and looks are run, and changes no answer."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from nacl.signing import SigningKey

from oneseat.room.fastpath import group_commit
from oneseat.room.fastpath.group_commit import GroupCommit, Later
from oneseat.room.services.arrival import looks
from oneseat.room.services.page import beats, reminding
from oneseat.room.services.page.beats import GivenBeat
from oneseat.state.room import attempts, reminders, takes
from oneseat.state.room.reminders import NewReminder
from oneseat.state.write_lock import WriteLock
from signing.clock import FixedClock
from tests.patience import wait_until
from tests.room.candidate import Arrive, Candidate, Segment, arriving
from tests.room.guard import Guard
from tests.room.held_exam import BEFORE, EXAM, ORIGIN, HeldExam, RoomKeys, RunningRoom, running_room

JSON = {"content-type": "application/json", "origin": ORIGIN}


@pytest.fixture(scope="module")
def plain_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room without the fast path."""
    exam = HeldExam(tmp_path_factory.mktemp("plain"), room_keys)
    with running_room(exam, FixedClock(BEFORE), fast_path=False) as room:
        yield room
    exam.database.close()


@pytest.fixture
def pair(arrive: Arrive, plain_room: RunningRoom) -> Iterator[tuple[Candidate, Candidate]]:
    """A candidate with the fast path and one without, both ready for the questions."""
    with arriving(plain_room) as arrive_plainly:
        yield arrive().prepare(), arrive_plainly().prepare()


BROKEN: dict[str, Callable[[Candidate], dict[str, Any]]] = {
    "no body": lambda _: {"headers": JSON},
    "not JSON": lambda _: {"content": b"{", "headers": JSON},
    "twice": lambda _: {"content": b'{"epoch": 1, "epoch": 1}', "headers": JSON},
    "media type": lambda _: {"content": b"{}", "headers": {**JSON, "content-type": "text/plain"}},
    "no epoch": lambda _: {"json": {}, "headers": JSON},
    "type": lambda _: {"json": {"epoch": 1, "segments": 7}, "headers": JSON},
    "too long": lambda _: {"content": b" " * 70_000, "headers": JSON},
    "older window": lambda page: {"json": {"epoch": page.epoch - 1}, "headers": JSON},
    "other origin": lambda page: {"json": {"epoch": page.epoch}, "headers": {**JSON, "origin": "https://x"}},
    "unknown take": lambda page: {
        "json": {"epoch": page.epoch, "segments": [Segment("a" * 24, 0, b"x").body()]},
        "headers": JSON,
    },
    "odd stream": lambda page: {
        "json": {"epoch": page.epoch, "takes": [page.take_body("a" * 24, stream="x")]},
        "headers": JSON,
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_refused_is_refused_alike(pair: tuple[Candidate, Candidate], name: str) -> None:
    answers = [page.http.post("/room/api/beat", **BROKEN[name](page)) for page in pair]
    first, second = (
        (each.status_code, each.json()["code"], each.headers["content-type"]) for each in answers
    )
    assert first == second and first[0] >= 400


def test_a_stranger_is_refused_alike(pair: tuple[Candidate, Candidate]) -> None:
    for page in pair:
        page.http.cookies.clear()
    assert [page.code("beat") for page in pair] == [(401, "OS-2011")] * 2


def test_answers_are_alike(pair: tuple[Candidate, Candidate]) -> None:
    results = []
    for page in pair:
        segments = page.record(3)
        note = {"at": "2035-01-10T02:20:00Z", "code": "visible", "facts": {"n": 1}}
        result = page.stored(*segments, events=[note])
        numbers = [each["n"] for each in result.pop("received")]
        result["attempt"].pop("nonce")
        results.append((numbers, result))
    assert results[0] == results[1] and results[0][0] == [0, 1, 2]


def test_a_reminder_comes_alike_and_without_a_statement(
    pair: tuple[Candidate, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for page in pair:
        exam = page.room.exam
        with exam.database.writing() as connection:
            attempt = attempts.lock(connection, EXAM, page.attempt["nonce"])
            assert attempt is not None
            new = NewReminder(EXAM, attempt.id, BEFORE, "zhang", "light", "")
            reminding.send(connection, new, attempt)
        with monkeypatch.context() as patch:
            patch.setattr(reminders, "list_of", Mock(side_effect=AssertionError))
            seen.append({**page.beat()["reminder"], "id": None})
    assert seen[0] == seen[1] and seen[0]["zh"]


def test_beats_that_come_together_share_transactions(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [arrive().prepare() for _ in range(8)]
    stranger = arrive()
    stranger.epoch = 0
    groups: list[int] = []
    real = beats.take_in_on

    def counted(room: Any, connection: Any, given: Sequence[GivenBeat]) -> Any:
        groups.append(len(given))
        return real(room, connection, given)

    monkeypatch.setattr(beats, "take_in_on", counted)
    monkeypatch.setattr(group_commit, "GATHER_S", 0.2)
    results: list[tuple[int, str]] = []

    def beat(page: Candidate, n: int) -> None:
        take = page.take_body(secrets.token_hex(12), stream="x" if n == 3 else "camera")
        results.append((n, page.code("beat", takes=[take])[1]))

    threads = [threading.Thread(target=beat, args=(page, n)) for n, page in enumerate([*pages, stranger])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    refused = {n: code for n, code in results if code}
    assert len(results) == 9 and refused == {3: "OS-184", 8: "OS-2011"}, "the others of the group are kept"
    assert len(groups) <= 3
    with room.exam.database.reading() as connection:
        kept = [takes.list_of(connection, page.attempt["nonce"]) for page in pages]
    assert [len(each) for each in kept] == [1, 1, 1, 0, 1, 1, 1, 1]


def test_while_another_writer_has_the_lock_the_loop_goes_on(room: RunningRoom, arrive: Arrive) -> None:
    page, other = arrive().prepare(), arrive()
    answered: list[int] = []
    with room.exam.database.writing():
        thread = threading.Thread(target=lambda: answered.append(page.post("beat").status_code))
        thread.start()
        time.sleep(0.1)
        assert other.http.get("/healthz").status_code == 200
        assert answered == []
    thread.join(timeout=30)
    assert answered == [200]


def test_a_group_does_not_stand_in_line_behind_all_that_hand_in(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve writers wait when it comes, and at most two go before it. It runs on the loop."""
    page = arrive().prepare()
    database, order = room.app.state.room.database, list[str]()
    real = beats.take_in_on

    def noted(*given: Any) -> Any:
        order.append(threading.current_thread().name)
        return real(*given)

    def write() -> None:
        with database.writing():
            order.append("writer")
            time.sleep(0.01)

    monkeypatch.setattr(beats, "take_in_on", noted)
    threads = [threading.Thread(target=write) for _ in range(12)]
    with database.writing():
        for thread in threads:
            thread.start()
        threads.append(threading.Thread(target=page.beat))
        threads[-1].start()
        lock = database._write_lock
        assert isinstance(lock, WriteLock)
        wait_until(lambda: len(lock._waiting) + len(lock._urgent) == len(threads))
    for thread in threads:
        thread.join(timeout=30)
    (place,) = (n for n, who in enumerate(order) if who != "writer")
    assert place <= 2 and len(order) == 13
    assert not order[place].startswith("room-commit")


def test_one_that_the_database_refuses_does_not_fail_its_group(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [arrive().prepare() for _ in range(3)]
    spoilt = pages[1].attempt["nonce"]
    real = takes.save

    def save(connection: Any, changed: Sequence[takes.Take]) -> None:
        if any(take.attempt == spoilt for take in changed):
            raise ValueError("not to be saved")
        real(connection, changed)

    monkeypatch.setattr(takes, "save", save)
    codes: dict[int, int] = {}

    def beat(n: int) -> None:
        codes[n] = pages[n].post("beat", takes=[pages[n].take_body(secrets.token_hex(12))]).status_code

    monkeypatch.setattr(group_commit, "GATHER_S", 0.2)
    threads = [threading.Thread(target=beat, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert codes == {0: 200, 1: 500, 2: 200}


def test_calls_of_one_key_come_one_after_the_other() -> None:
    groups: list[list[str]] = []

    def begin(calls: Sequence[str]) -> Callable[[], list[str]]:
        groups.append(list(calls))
        return lambda: [call.upper() for call in calls]

    async def submit() -> list[str]:
        commit = GroupCommit(begin, lambda call: call[0])
        results = await asyncio.gather(*(commit.submit(call) for call in ("a1", "b1", "a2", "c1")))
        commit.close()
        return results

    assert asyncio.run(submit()) == ["A1", "B1", "A2", "C1"]
    assert groups == [["a1", "b1", "c1"], ["a2"]]


def test_a_fault_fails_its_group_and_no_other() -> None:
    def begin(calls: Sequence[int]) -> Callable[[], list[int]]:
        if 1 in calls:
            raise ValueError("at the begin")
        return lambda: [10 // (call - 2) for call in calls]

    async def submit() -> list[Any]:
        commit: GroupCommit[int, int] = GroupCommit(begin, lambda call: call)
        results: list[Any] = []
        for call in (1, 2, 3):
            results += await asyncio.gather(commit.submit(call), return_exceptions=True)
        commit.close()
        return results

    first, second, third = asyncio.run(submit())
    assert isinstance(first, ValueError) and isinstance(second, ZeroDivisionError) and third == 10


def test_a_fault_at_the_begin_leaves_no_call_waiting() -> None:
    failing = [True]

    def begin(calls: Sequence[str]) -> Callable[[], list[str]]:
        if failing.pop():
            raise ValueError("at the begin")
        failing.append(False)
        return lambda: list(calls)

    async def submit() -> list[Any]:
        commit = GroupCommit(begin, lambda call: call[0])
        failing.insert(0, False)
        both = asyncio.gather(commit.submit("a1"), commit.submit("a2"), return_exceptions=True)
        results: list[Any] = list(await asyncio.wait_for(both, 5))
        commit.close()
        return results

    first, second = asyncio.run(submit())
    assert isinstance(first, ValueError) and second == "a2", "no later call is needed to start it"


@pytest.mark.parametrize("fault", [None, ValueError("no lock")], ids=["waits", "fails"])
def test_a_group_that_waits_first_begins_on_the_loop_then(fault: Exception | None) -> None:
    """The calls that come meanwhile are the next group, whether the wait went well or not."""
    seen: list[tuple[str, bool]] = []

    def note(what: str) -> None:
        seen.append((what, threading.current_thread() is threading.main_thread()))

    def wait() -> None:
        note("wait")
        time.sleep(0.05)
        if fault is not None:
            raise fault

    def begin_then(calls: Sequence[str]) -> Callable[[], list[str]]:
        note("begin")
        return lambda: [call.upper() for call in calls]

    def begin(calls: Sequence[str]) -> Callable[[], list[str]] | Later[str, str]:
        return Later(wait, begin_then) if "a" in calls else begin_then(calls)

    async def submit() -> list[Any]:
        commit: GroupCommit[str, str] = GroupCommit(begin, lambda call: call)
        first = asyncio.ensure_future(commit.submit("a"))
        await asyncio.sleep(group_commit.GATHER_S * 2)
        both = asyncio.gather(first, commit.submit("b"), return_exceptions=True)
        results: list[Any] = list(await asyncio.wait_for(both, 5))
        commit.close()
        return results

    assert asyncio.run(submit()) == [fault or "A", "B"]
    begun = [("begin", True)] * (1 if fault else 2)
    assert seen == [("wait", False), *begun]


def test_a_page_that_has_gone_fails_nothing() -> None:
    async def submit() -> int:
        commit: GroupCommit[int, int] = GroupCommit(lambda calls: lambda: list(calls), lambda call: call)
        gone = asyncio.ensure_future(commit.submit(1))
        await asyncio.sleep(0)
        gone.cancel()
        result = await commit.submit(2)
        commit.close()
        return result

    assert asyncio.run(submit()) == 2


# ------------------------------------------------------------------------------------------------- looks

LOOKS: dict[str, Callable[[Candidate], dict[str, Any]]] = {
    "no body": lambda _: {"headers": JSON},
    "media type": lambda page: {
        "content": json.dumps(page.look_body()),
        "headers": {"content-type": "text/plain"},
    },
    "neither": lambda page: {"json": {**page.look_body(), "ticket": ""}},
    "more": lambda page: {"json": {**page.look_body(), "other": 1}},
    "too long": lambda page: {"json": page.look_body(note="x" * 17_000)},
    "forged": lambda page: {"json": {**page.look_body(), "proof": "A" * 86}},
    "other body": lambda page: {"json": {**page.look_body(), "body": {"a": 1}}},
    "no ticket": lambda page: {"json": {**page.look_body(), "ticket": "a.b.c"}},
    "no grant": lambda page: {"json": page.look_body(grant="g" * 43)},
    "stale": lambda page: {"json": {**page.look_body(), "at": 1}},
    "odd report": lambda page: {"json": page.look_body(present=[{"code": 1, "name": ""}])},
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("known", [False, True], ids=["first", "known"])
def test_looks_are_refused_alike(pair: tuple[Candidate, Candidate], name: str, known: bool) -> None:
    if known:
        for page in pair:
            page.look(0)
    answers = [page.http.post("/client/v1/look", **LOOKS[name](page)) for page in pair]
    first, second = ((each.status_code, each.json()["code"]) for each in answers)
    assert first == second and first[0] >= 400


def test_looks_are_answered_alike(pair: tuple[Candidate, Candidate]) -> None:
    results: list[list[Any]] = []
    for page in pair:
        segments = page.record(3)
        page.stored(*segments[:2])
        grant = page.look(0)["upload"].pop("grant")
        answers = [
            page.look(1),
            page.look(2, grant),
            Guard(page).post(present=[]).json(),
            page.look(3, grant),
        ]
        for each in answers:
            del each["upload"]["grant"]
            each["guard"]["attempt"] = each["guard"]["head"] = ""
        results.append(answers)
    assert results[0] == results[1] and results[0][0]["backlog"]["segments"] == 1


def test_beats_and_looks_share_transactions(
    arrive: Arrive, room: RunningRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [arrive().prepare() for _ in range(4)]
    for page in pages:
        page.look(0)
    connections: set[int] = set()
    for service in (beats, looks):
        monkeypatch.setattr(service, "take_in_on", _noting(service.take_in_on, connections))
    database = room.app.state.room.database
    begin = Mock(side_effect=database.begin_nowait)
    monkeypatch.setattr(database, "begin_nowait", begin)
    monkeypatch.setattr(group_commit, "GATHER_S", 0.2)
    statuses = at_once(
        [partial(page.post, "beat") for page in pages]
        + [partial(page.http.post, "/client/v1/look", json=page.look_body(1)) for page in pages]
    )
    assert statuses == [200] * 8
    assert begin.call_count <= 3 and len(connections) == 1


def _noting(real: Callable[..., Any], connections: set[int]) -> Callable[..., Any]:
    def take_in_on(room: Any, connection: Any, given: Any) -> Any:
        connections.add(id(connection))
        return real(room, connection, given)

    return take_in_on


def at_once(calls: Sequence[Callable[[], httpx.Response]]) -> list[int]:
    """The statuses of calls that are made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [answer.status_code for answer in pool.map(lambda call: call(), calls)]


def test_of_one_look_that_is_sent_often_one_is_taken(arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    page = arrive().prepare()
    page.look(0)
    body = page.look_body(1)
    monkeypatch.setattr(group_commit, "GATHER_S", 0.1)
    statuses = at_once([partial(page.http.post, "/client/v1/look", json=body)] * 4)
    assert sorted(statuses) == [200, 403, 403, 403]


def test_a_device_that_was_known_is_not_believed_after_the_attempt_has_another(
    arrive: Arrive, room: RunningRoom
) -> None:
    page = arrive().prepare()
    grant = page.look(0)["upload"]["grant"]
    page.look(1, grant)
    old, page.key = page.key, SigningKey.generate()
    with room.exam.database.writing() as connection:
        attempts.replace_ticket(connection, page.attempt["nonce"], page.ticket, bytes(page.key.verify_key))
    new = page.look_body(3, grant)
    page.key = old
    bodies = [page.look_body(2, grant), new, page.look_body(4, grant)]
    answers = [page.http.post("/client/v1/look", json=body) for body in bodies]
    assert [each.status_code for each in answers] == [403, 200, 403]


def test_what_a_known_client_reports_is_refused_alone(
    arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    guards = [Guard(arrive().prepare()) for _ in range(3)]
    for guard in guards:
        guard.report()
    forger = Guard(guards[1].candidate, SigningKey.generate())
    reports = [[guards[0].event()], [forger.event()], [guards[2].event()]]
    monkeypatch.setattr(group_commit, "GATHER_S", 0.2)
    statuses = at_once(
        [
            partial(guard.post, events=events, present=[])
            for guard, events in zip(guards, reports, strict=True)
        ]
    )
    assert statuses == [200, 403, 200]
    assert [len(guard.kept) for guard in guards] == [1, 0, 1]
