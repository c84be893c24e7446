"""Several processes and windows at once, https, and faults of the server."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from oneseat.room.app import RoomApp
from oneseat.room.rules import segments
from oneseat.room.services import steps_taken
from oneseat.state.room import attempts
from oneseat.state.tables.publishing import PublishedCharter
from signing.clock import FixedClock
from tests.room.candidate import Arrive, Candidate, arriving
from tests.room.held_exam import BEFORE, EXAM, SECOND, HeldExam, RunningRoom, running_room
from tests.room.test_entry import code_of


def test_two_processes_share_proofs_windows_and_addresses(held: HeldExam) -> None:
    clock = FixedClock(BEFORE)
    with running_room(held, clock) as first, running_room(held, clock) as second, arriving(first) as arrive:
        candidate = arrive().prepare()
        form = candidate.form()
        here = candidate.http.base_url
        candidate.http.base_url = second.url
        assert code_of(candidate.post_form(form).text) == "OS-2006", "spent at the other one"
        segments = candidate.record()
        candidate.http.base_url = here
        assert candidate.stored(*segments)["received"]


def test_windows_that_open_at_once_have_one_attempt_and_one_epoch_each(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive()
    windows = [arrive(jti=candidate.jti, key=candidate.key) for _ in range(6)]
    forms = []
    for window in windows:
        window.ticket = candidate.ticket
        room.later(SECOND)
        forms.append(window.form())
    _at_once([lambda w=w, f=f: w.post_form(f) for w, f in zip(windows, forms, strict=True)])
    answers = [window.post("join").status_code for window in windows]
    assert sorted(answers) == [200] + [401] * 5, "one cookie is the newest"
    with room.exam.database.reading() as connection:
        newest = attempts.find_newest(connection, EXAM, candidate.jti, "formal", 0)
    assert newest is not None and (newest.ordinal, newest.epoch) == (1, 1)
    window = windows[answers.index(200)]
    epochs: list[int] = []
    _at_once([lambda: epochs.append(window.call("join")["epoch"])] * 5)
    assert sorted(epochs) == [2, 3, 4, 5, 6]


def _at_once(acts: list[Any]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)


def test_over_https_the_cookie_is_tied_to_the_host(tmp_path: Any, room_keys: Any) -> None:
    exam = HeldExam(tmp_path / "exam", room_keys, origin="https://room.example")
    with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        candidate = arrive()
        answer = candidate.post_form(candidate.form())
        cookie = answer.headers["set-cookie"]
        assert (
            cookie.startswith("__Host-oneseat-room-test=") and "; Secure" in cookie and "Domain" not in cookie
        )
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    exam.database.close()


def test_without_a_charter_it_is_not_ready_and_says_so(held: HeldExam) -> None:
    with running_room(held, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        candidate = arrive().prepare()
        with held.database.writing() as connection:
            connection.execute(delete(PublishedCharter))
        ready = candidate.http.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "OS-2000")
        assert candidate.code("beat") == (503, "OS-2000")
        page = candidate.http.get("/room/")
        assert (page.status_code, code_of(page.text)) == (503, "OS-2000")
        assert candidate.http.get("/healthz").status_code == 200


def test_a_fault_says_a_reference_and_nothing_else(
    arrive: Arrive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    candidate = arrive().enter()

    def fail(*_: object) -> None:
        raise ValueError("a secret in a message")

    monkeypatch.setattr(steps_taken, "join", fail)
    answer = candidate.post("join")
    assert (answer.status_code, answer.json()["code"]) == (500, "OS-2001")
    (reference,) = re.findall(r"reference ([0-9a-f]{8})", answer.json()["cause"]["en"])
    assert "secret" not in answer.text and "secret" not in caplog.text
    assert [
        getattr(record, "reference", "") for record in caplog.records if record.name == "room.faults"
    ] == [reference]


def test_an_attempt_has_no_endless_takes(arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = arrive().prepare()
    monkeypatch.setattr(segments, "MAX_TAKES", 2)
    candidate.beat(takes=[candidate.take_body(letter * 24) for letter in "ab"])
    assert candidate.code("beat", takes=[candidate.take_body("c" * 24)]) == (409, "OS-2026")
    candidate.beat(takes=[candidate.take_body("a" * 24)])


def test_the_look_of_a_client_shows_that_the_window_lives(room: RunningRoom, arrive: Arrive) -> None:
    candidate: Candidate = arrive().prepare()
    seen = candidate.look()["window_seen_at"]
    room.later(timedelta(seconds=30))
    assert candidate.look(2)["window_seen_at"] == seen, "silent since"
    candidate.beat()
    room.later(SECOND)
    assert candidate.look(3)["window_seen_at"] > seen
    assert isinstance(room.app, RoomApp)
