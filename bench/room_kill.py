"""Kills a busy room, and looks for what it had acknowledged: segments, events, answers."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from sqlalchemy import Connection, select

from bench import rooms
from bench.pages import EVENT
from oneseat.room.rules.segments import SegmentName
from oneseat.state.database import Database
from oneseat.state.room import answers, events, takes
from oneseat.state.tables.room import RoomTakeRow
from tests.room.held_exam import EXAM, STARTS, HeldExam


def kill(exam: HeldExam, log: Path, seconds: float) -> int:
    """Acknowledged segments, events and answers that are missing after SIGKILL among many calls."""
    seats = rooms.seat(exam, 100)
    with rooms.serving(exam, STARTS, log) as room:
        plan = {"segment_s": 0.5, "beat_s": 0.5, "acks": True, "clock": STARTS.timestamp()}
        pages = rooms.pages(room, exam, seats, 60, **plan)
        time.sleep(seconds)
        room.process.kill()
        seen = rooms.seen(pages)
    exam.database.close()
    for what in ("acks", "events", "answers"):
        assert len(seen[what]) > 100, f"the room was busy with {what} when it was killed"
    database = Database.open(exam.state)
    with database.reading() as connection:
        lost = _lost_segments(connection, exam, seen["acks"])
        for attempt in {attempt for attempt, _ in seen["events"]}:
            its_events = events.list_of(connection, EXAM, attempt)
            kept = {each.facts["n"] for each in its_events if each.code == EVENT}
            lost += sum(its == attempt and number not in kept for its, number in seen["events"])
        for attempt, sequence, sha256 in seen["answers"]:
            answer = answers.find(connection, attempt, sequence)
            lost += answer is None or answer.hash.hex() != sha256
    database.close()
    return lost


def _lost_segments(connection: Connection, exam: HeldExam, acknowledged: list[tuple[str, int, str]]) -> int:
    every = connection.execute(select(RoomTakeRow.attempt, RoomTakeRow.take)).all()
    kept = takes.find_of_several(connection, {(attempt, take) for attempt, take in every})
    by_id = {name: take for (_, name), take in kept.items()}
    return sum(not _is_kept(exam, by_id, *each) for each in acknowledged)


def _is_kept(exam: HeldExam, kept: dict[str, takes.Take], name: str, number: int, sha256: str) -> bool:
    take = kept.get(name)
    if take is None or take.sha256_of(number) != bytes.fromhex(sha256):
        return False
    return take.is_stored(number) and is_whole(exam, take, number)


def is_whole(exam: HeldExam, take: takes.Take, number: int) -> bool:
    """Whether a segment's file has the announced content."""
    path = exam.folder / "recordings" / str(SegmentName.of(take, number))
    return path.is_file() and hashlib.sha256(path.read_bytes()).digest() == take.sha256_of(number)
