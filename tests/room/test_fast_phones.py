"""Phones' beats in groups: those that come for the first time share a transaction, strangers' take none."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest

from oneseat.room.fastpath import group_commit
from oneseat.room.services.page import beats
from oneseat.room.services.phone import phone_beats
from signing.charter import PhoneTerms
from signing.clock import FixedClock
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.phone import BUILD, Phone, at_seat

Call = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def room(
    either_state: str | None, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> Iterator[RunningRoom]:
    """A room with phones, on each database with the fast path."""
    exam = HeldExam(tmp_path_factory.mktemp("fast-phones"), room_keys, either_state)
    exam.publish(version=2, phone=PhoneTerms("both", "gate", 20), builds=("build-1", BUILD))
    with running_room(exam, FixedClock(BEFORE)) as running:
        running.app.state.typed_identities.seat_of = at_seat
        yield running
    exam.database.close()


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups that take part in a transaction; they gather for longer than usual."""
    sizes: list[int] = []
    for service in (beats, phone_beats):
        monkeypatch.setattr(service, "take_in_on", _counting(service.take_in_on, sizes))
    monkeypatch.setattr(group_commit, "GATHER_S", 0.5)
    return sizes


def _counting(real: Callable[..., Any], sizes: list[int]) -> Callable[..., Any]:
    def take_in_on(room: Any, connection: Any, given: Sequence[Any]) -> Any:
        sizes.append(len(given))
        return real(room, connection, given)

    return take_in_on


@pytest.fixture
def meet(room: RunningRoom) -> Iterator[Callable[[], Phone]]:
    """Phones of seats of their own."""
    with contextlib.ExitStack() as kept:

        def meet() -> Phone:
            phone = Phone(room, secrets.token_hex(16))
            kept.callback(phone.close)
            return phone

        yield meet


def at_once(calls: Sequence[Call]) -> list[tuple[int, str]]:
    """Statuses and codes of calls that are made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(lambda call: call(), calls))
    return [(answer.status_code, str(answer.json().get("code", ""))) for answer in answers]


def beat_of(phone: Phone, epoch: int = 1) -> Call:
    return partial(phone.post, "beat", {"epoch": epoch})


def test_first_beats_share_a_transaction_and_a_strangers_is_refused(
    meet: Callable[[], Phone], groups: list[int]
) -> None:
    phones = [meet().log_in() for _ in range(6)]
    older, stranger = meet().log_in(), meet()
    calls = [*map(beat_of, phones), beat_of(older, 0), beat_of(stranger)]
    assert at_once(calls) == [(200, "")] * 6 + [(409, "OS-2010"), (401, "OS-2197")]
    assert 6 <= sum(groups) <= 8 and len(groups) <= 3
    groups.clear()
    assert at_once(calls) == [(200, "")] * 6 + [(409, "OS-2010"), (401, "OS-2197")], "now they are known"


def test_strangers_take_no_part_in_a_transaction(
    room: RunningRoom, meet: Callable[[], Phone], arrive: Arrive, groups: list[int]
) -> None:
    window = arrive()
    window.epoch = 1
    calls: list[Call] = [beat_of(meet()), beat_of(meet()), partial(window.post, "beat")]
    with room.exam.database.writing():  # whoever took the lock would wait here
        assert at_once(calls) == [(401, "OS-2197")] * 2 + [(401, "OS-2011")]
    assert groups == []
