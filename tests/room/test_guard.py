"""What a client's guard reports: signed and chained, kept once; gaps and silence are noted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from oneseat.room.rules import guard_silence
from oneseat.room.services.arrival import upload_grants
from oneseat.room.services.page import guarding
from oneseat.state.room import attempts
from signing.guard_events import genesis
from tests.room.candidate import Arrive, wire
from tests.room.guard import Guard
from tests.room.held_exam import ENDS, EXAM, SECOND, STARTS, TAIL, RunningRoom

WECHAT = {"code": "software", "name": "测试杀毒"}
"""The only name in the catalogue of the tests' charter."""


@pytest.fixture
def guard(arrive: Arrive) -> Guard:
    return Guard(arrive().prepare())


def test_events_are_kept_once_as_they_were_signed(guard: Guard) -> None:
    first, second = guard.event(software="微信"), guard.event("screens", count=2)
    answer = guard.report(first, second)
    assert (answer["sequence"], answer["head"], answer["watch"]) == (2, guard.head, True)
    assert answer["attempt"] == guard.attempt
    assert guard.report(first, second)["sequence"] == 2, "the answer was lost, and they come again"
    assert [(one.code, one.sequence) for one in guard.kept] == [("software", 1), ("screens", 2)]
    stored = json.loads(guard.kept[0].event)
    assert stored == first and guard.kept[0].hash.hex() == second["previous"]
    assert guard.noted == [("guard-connected", {})]


def test_nothing_starts_before_the_consent(arrive: Arrive) -> None:
    candidate = arrive().enter()
    candidate.join()
    guard = Guard(candidate)
    assert guard.report(guard.event()) is None
    assert guard.kept == [] and guard.noted == []
    candidate.agree()
    answer = guard.report()
    assert (answer["sequence"], answer["head"]) == (0, genesis(guard.attempt))


def test_a_gap_is_the_rooms_own_event_and_what_follows_is_kept(guard: Guard) -> None:
    guard.report(guard.event())
    answer = guard.report(guard.event(skip=2))
    assert answer["sequence"] == 4 and [one.sequence for one in guard.kept] == [1, 4]
    assert guard.noted[1:] == [("guard-gap", {"after": 1, "sequence": 4})]


def test_another_history_of_known_events_is_noted_and_changes_nothing(guard: Guard) -> None:
    guard.report(guard.event(software="微信"), guard.event())
    before = guard.kept
    forged = Guard(guard.candidate)
    forged.looks = 200
    forged.report(forged.event("screens"))
    assert guard.kept == before and guard.noted[1:] == [("guard-fork", {"sequence": 1})]


@pytest.mark.parametrize("change", ["code", "facts", "previous", "key", "attempt"])
def test_an_event_without_the_devices_signature_is_refused(guard: Guard, change: str) -> None:
    event = guard.event(software="微信")
    changes: dict[str, Any] = {"code": {"code": "screens"}, "facts": {"facts": {}}, "previous": {}}
    changes["previous"] = {"previous": "0" * 64}
    if change == "key":
        event = Guard(guard.candidate, SigningKey.generate()).event()
    elif change == "attempt":
        other = Guard(guard.candidate)
        other.attempt = "f" * 32
        event = other.event()
    else:
        event = {**event, **changes[change]}
    assert guard.code(events=[event]) == (403, "OS-2131")
    assert guard.kept == []


@pytest.mark.parametrize(
    "changes",
    [
        {"events": [{}]},
        {"events": "all"},
        {"events": [1]},
        {"present": [{"code": 1, "name": ""}]},
        {"present": [WECHAT] * (guarding.MAX_PRESENT + 1)},
    ],
    ids=["empty", "text", "number", "present", "many"],
)
def test_a_malformed_report_is_refused(guard: Guard, changes: dict[str, Any]) -> None:
    assert guard.code(**changes) == (400, "OS-2130")


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "Software"},
        {"sequence": 0},
        {"at": "today"},
        {"previous": "g" * 64, "facts": {"a": "x" * 65}},
        {"facts": {"Name": 1}},
        {"facts": {"a": [1]}},
        {"facts": {"a": "two\nlines"}},
    ],
    ids=["code", "sequence", "time", "long", "name", "list", "lines"],
)
def test_a_malformed_event_is_refused(guard: Guard, changed: dict[str, Any]) -> None:
    assert guard.code(events=[{**guard.event(), **changed}]) == (400, "OS-2130")


def test_too_many_events_at_once_are_refused(guard: Guard) -> None:
    every = [guard.event() for _ in range(guarding.MAX_AT_ONCE + 1)]
    assert guard.code(events=every) == (400, "OS-2130")
    assert guard.report(*every[:-1])["sequence"] == guarding.MAX_AT_ONCE


def test_an_attempts_events_are_bounded(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "MAX_EVENTS", 3)
    guard.report(*[guard.event() for _ in range(5)])
    assert guard.report(guard.event())["sequence"] == 6
    assert len(guard.kept) == 3 and guard.noted[1:] == [("guard-full", {})]


def test_the_page_shows_what_is_there_now_in_the_catalogues_names(guard: Guard) -> None:
    guard.report(present=[WECHAT, {"code": "software", "name": "<b>"}, {"code": "screens", "name": "x"}])
    shown = guard.candidate.beat()["guard"]
    assert shown["connected"] is True and shown["seen_at"] == wire(guard.candidate.room.clock.now())
    assert shown["warnings"] == [WECHAT, {"code": "screens", "name": ""}]
    guard.report()
    assert guard.candidate.beat()["guard"]["warnings"] == []


def test_silence_is_noted_once_and_so_is_its_end(guard: Guard, room: RunningRoom) -> None:
    assert guard.candidate.beat()["guard"]["connected"] is None, "just agreed: it has not come yet"
    guard.report(present=[WECHAT])
    room.later(guard_silence.SILENT_AFTER - SECOND)
    assert guard.candidate.beat()["guard"]["connected"] is True
    room.later(SECOND)
    for _ in range(3):
        shown = guard.candidate.beat()["guard"]
        assert (shown["connected"], shown["warnings"]) == (False, [])
        room.later(5 * SECOND)
    guard.report()
    assert [code for code, _ in guard.noted] == ["guard-connected", "guard-silent", "guard-back"]
    assert guard.noted[-1][1] == {"silent_s": 45}


def test_a_guard_that_never_came_is_noted_at_the_hand_in_at_the_latest(
    arrive: Arrive, room: RunningRoom
) -> None:
    guard = Guard(arrive().prepare())
    room.at(STARTS)
    room.at(ENDS + TAIL + SECOND)
    guard.candidate.beat()
    assert [code for code, _ in guard.noted] == ["guard-silent"]


def test_what_came_late_is_kept_after_the_hand_in_and_asks_for_no_more(
    guard: Guard, room: RunningRoom
) -> None:
    guard.report()
    late = guard.event(software="微信")
    room.at(ENDS + TAIL + SECOND)
    guard.candidate.beat()
    grant = upload_grants.grant_of(room.app.state.room, guard.attempt)
    body = guard.candidate.look_body(300, grant, events=[late], present=[])
    answer = guard.candidate.http.post("/client/v1/look", json=body).json()["guard"]
    assert (answer["sequence"], answer["watch"]) == (1, False)
    assert guard.candidate.beat()["guard"]["connected"] is None


def test_a_look_without_a_guard_is_not_a_guard(guard: Guard) -> None:
    guard.post()
    with guard.candidate.room.exam.database.reading() as connection:
        attempt = attempts.find(connection, EXAM, guard.attempt)
    assert attempt is not None and attempt.guard_seen_at is None
    assert guard_silence.silence_before(replace(attempt, consent_at=None), ENDS + timedelta(days=1)) is None
