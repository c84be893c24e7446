"""Many requests at once, and processes that are killed: one place, one ticket, nothing acknowledged lost."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from signing.charter import Window
from signing.clock import FixedClock
from tests.charters import at
from tests.patience import PATIENCE_S
from tests.portal.published_exam import EXAM, INSIDE, SECOND, Keys, PublishedExam, running
from tests.portal.test_serve import Process
from tests.signing.signed_files import Base
from tests.simulator import Candidate, Person

LOGIN_OPENS = at(10, 10, 10)


@pytest.fixture(params=["sqlite", "postgresql"])
def exam(request: pytest.FixtureRequest, tmp_path: Path, keys: Keys, base: Base) -> Iterator[PublishedExam]:
    """A published exam of eight people, on either database."""
    if request.param == "sqlite":
        yield from _published(PublishedExam(tmp_path, keys, base))
    else:
        with request.getfixturevalue("postgres").schema() as address:
            yield from _published(PublishedExam(tmp_path, keys, base, state=address))


def _published(exam: PublishedExam) -> Iterator[PublishedExam]:
    yield exam.publish_everything()
    exam.database.close()


def _rush(urls: tuple[str, ...], known: Candidate, kind: str, count: int) -> list[httpx.Response]:
    """One candidate's computer asks many times at once, of each portal in turn."""

    def ask(number: int) -> httpx.Response:
        with Candidate(urls[number % len(urls)], EXAM, known.person) as rushed:
            rushed.device, rushed.activation = known.device, known.activation
            return rushed.enter(kind)

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(ask, range(count)))


def _activated(url: str, exam: PublishedExam, person: Person) -> Candidate:
    with Candidate(url, EXAM, person) as candidate:
        candidate.activated(exam.licence(person))
    return candidate


@pytest.mark.parametrize("kind", ["mock", "formal"])
def test_of_a_hundred_requests_at_once_through_two_portals_one_place_and_one_ticket_come(
    exam: PublishedExam, kind: str
) -> None:
    person, now = exam.people[0], INSIDE if kind == "mock" else LOGIN_OPENS
    exam.publish_charter(version=2, mock_required="warn")
    settings = exam.settings()
    with running(settings, FixedClock(now)) as first, running(settings, FixedClock(now + SECOND)) as second:
        candidate = _activated(first.url, exam, person)
        answers = _rush((first.url, second.url), candidate, kind, 100)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["ticket"] for answer in answers}) == 1
    (place,) = exam.places(person)
    assert place.ticket == answers[0].json()["ticket"]


def test_two_mocks_of_one_day_asked_for_at_once_give_one(exam: PublishedExam) -> None:
    """Two portals whose clocks differ by a second, at the moment when one mock gives way to the next."""
    person, noon = exam.people[0], at(4, 12)
    exam.publish_charter(version=2, mocks=(Window(at(4, 10), noon), Window(noon, at(4, 14))))
    settings = exam.settings()
    with running(settings, FixedClock(noon - SECOND)) as early, running(settings, FixedClock(noon)) as late:
        candidate = _activated(early.url, exam, person)
        answers = _rush((early.url, late.url), candidate, "mock", 40)
    given = {answer.json()["ticket"] for answer in answers if answer.status_code == 200}
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 200}
    assert len(given) == 1
    assert refused == {"OS-203"}
    assert len(exam.places(person)) == 1


# ------------------------------------------------------------------------------------------ killed

Acknowledged = dict[str, set[str]]


def _ask(candidate: Candidate, exam: PublishedExam, seen: Acknowledged) -> None:
    """Activate, ask for a ticket, and remember what was acknowledged."""
    try:
        seen["activations"].add(candidate.activated(exam.licence(candidate.person)))
        seen["tickets"].add(candidate.ticket("mock"))
    except AssertionError as refusal:
        seen["faults"].add(str(refusal))


def _keep_asking(
    url: str, exam: PublishedExam, known: Candidate, seen: Acknowledged, killed: threading.Event
) -> None:
    with Candidate(url, EXAM, known.person) as candidate, contextlib.suppress(httpx.TransportError):
        candidate.device = known.device
        while not killed.is_set():
            _ask(candidate, exam, seen)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_portal_killed_under_load_loses_no_activation_and_gives_no_second_ticket(
    request: pytest.FixtureRequest, tmp_path: Path, base: Base, kind: str
) -> None:
    keys = Keys.make(tmp_path / "keys", rehearsal=True)
    with contextlib.ExitStack() as kept:
        state = None
        if kind == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        exam = PublishedExam(tmp_path, keys, base, rehearsal=True, state=state).publish_everything()
        kept.callback(exam.database.close)
        _kill_twice_and_ask_again(exam)
        if kind == "sqlite":
            with contextlib.closing(sqlite3.connect(tmp_path / "state.db")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _kill_twice_and_ask_again(exam: PublishedExam) -> None:
    crowd = [Candidate("http://127.0.0.1", EXAM, person) for person in exam.people]
    seen: list[Acknowledged] = [{"activations": set(), "tickets": set(), "faults": set()} for _ in crowd]
    for minute, served in enumerate((False, True)):
        with Process(exam, (INSIDE + timedelta(minutes=minute)).isoformat()) as portal:
            _until_killed(portal, exam, crowd, seen, served=served)
    assert sum(len(one["tickets"]) for one in seen) >= 1, "nobody was served before the kill"
    with Process(exam, (INSIDE + timedelta(minutes=9)).isoformat()) as portal:
        for known, acknowledged in zip(crowd, seen, strict=True):
            with Candidate(portal.url, EXAM, known.person) as candidate:
                candidate.device = known.device
                _ask(candidate, exam, acknowledged)
            known.http.close()
    for acknowledged, person in zip(seen, exam.people, strict=True):
        assert acknowledged["faults"] == set()
        assert len(acknowledged["activations"]) == 1
        assert len(acknowledged["tickets"]) == 1
        (place,) = exam.places(person)
        assert {place.ticket} == acknowledged["tickets"]


def _until_killed(
    portal: Process, exam: PublishedExam, crowd: list[Candidate], seen: list[Acknowledged], *, served: bool
) -> None:
    """Kill the portal under load, soon; or, on a machine however busy, once somebody was ``served``."""
    killed = threading.Event()
    threads = [
        threading.Thread(target=_keep_asking, args=(portal.url, exam, known, acknowledged, killed))
        for known, acknowledged in zip(crowd, seen, strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    deadline = time.monotonic() + PATIENCE_S
    while served and time.monotonic() < deadline and not any(one["tickets"] for one in seen):
        time.sleep(0.05)
    os.kill(portal.process.pid, signal.SIGKILL)
    killed.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert portal.process.wait(PATIENCE_S) == -signal.SIGKILL
