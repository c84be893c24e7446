from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from signing.clock import FixedClock
from tests.room.candidate import Arrive, arriving
from tests.room.held_exam import BEFORE, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.office import Enter as EnterOffice
from tests.room.office import Office, add_operators, bounds_of
from tests.room.staff_entry import Enter, Staff, entering


@pytest.fixture(scope="session")
def room_keys(tmp_path_factory: pytest.TempPathFactory) -> RoomKeys:
    """Marked as rehearsal, so that papers may lie in the clear."""
    return RoomKeys.make(tmp_path_factory.mktemp("room-keys"), rehearsal=True)


@pytest.fixture(scope="session")
def real_keys(tmp_path_factory: pytest.TempPathFactory) -> RoomKeys:
    """Keys as of a real exam: formal papers are sealed for holders."""
    return RoomKeys.make(tmp_path_factory.mktemp("real-keys"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_state(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a room's database is: None for a file of its own, or the address of a schema."""
    if request.param == "sqlite":
        yield None
        return
    with request.getfixturevalue("postgres").schema() as schema:
        yield schema


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """One room for a module; each candidate is a seat of its own."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def room(shared_room: RunningRoom) -> RunningRoom:
    """The module's room, when the formal interview's candidates come."""
    shared_room.at(BEFORE)
    return shared_room


@pytest.fixture
def arrive(room: RunningRoom) -> Iterator[Arrive]:
    with arriving(room) as arrive:
        yield arrive


@pytest.fixture
def staff(room: RunningRoom) -> Iterator[Enter]:
    """Opens a browser that an operator has entered the room with."""
    with entering(room, Staff) as entered:
        yield entered


@pytest.fixture(scope="module")
def measured_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room for a module whose charter bounds measures, and its operators."""
    exam = HeldExam(tmp_path_factory.mktemp("measured"), room_keys)
    exam.publish(version=exam.charter.version + 1, measures=bounds_of(room_keys))
    add_operators(exam)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def office(room: RunningRoom) -> Iterator[EnterOffice]:
    """Opens a browser of an operator who gives measures."""
    with entering(room, Office) as entered:
        yield entered


@pytest.fixture
def held(tmp_path: Path, room_keys: RoomKeys) -> Iterator[HeldExam]:
    """An exam of its own, for tests that start rooms themselves."""
    exam = HeldExam(tmp_path / "exam", room_keys)
    yield exam
    exam.database.close()
