"""Interviews that were held with real recordings, and the room that kept them as commands open it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from datetime import timedelta

from oneseat.room.exam.kept_room import KeptRoom, KeptRoomSettings, open_kept_room
from signing.jws import b64url_encode
from tests.room.candidate import Candidate, Segment
from tests.room.films import film
from tests.room.guard import Guard
from tests.room.held_exam import ENDS, EXAM, PASSPHRASE, STARTS, HeldExam, RunningRoom

LATER = ENDS + timedelta(days=1)


def kept_settings(exam: HeldExam, store: str | None = None) -> KeptRoomSettings:
    return KeptRoomSettings(
        exam=EXAM,
        keys=exam.keys.folder / "room",
        passphrase=PASSPHRASE,
        root_public_key=b64url_encode(exam.keys.authority.signer("root").public_key),
        state=exam.state,
        store=store or str(exam.folder / "recordings"),
    )


@contextlib.contextmanager
def kept_room(exam: HeldExam, store: str | None = None) -> Iterator[KeptRoom]:
    with open_kept_room(kept_settings(exam, store)) as room:
        yield room


def record_film(candidate: Candidate, count: int, stream: str = "camera", first: int = 0) -> list[Segment]:
    """Announce and upload a take of playable segments, and report them stored."""
    take = secrets.token_hex(12)
    segments = [Segment(take, n, film(first + n)) for n in range(count)]
    puts = candidate.announce(*segments, takes=[candidate.take_body(take, stream=stream)])
    for put, segment in zip(puts, segments, strict=True):
        answer = candidate.put_anywhere(put, segment.content)
        assert answer in {200, 201}, answer
    candidate.stored(*segments)
    return segments


def interview(room: RunningRoom, candidate: Candidate) -> Candidate:
    """One candidate's formal interview: two streams, two takes of the camera, two answers, the guard."""
    candidate.prepare()
    segments = [*record_film(candidate, 3), *record_film(candidate, 2, "screen", 7)]
    room.at(STARTS + timedelta(minutes=1))
    segments += record_film(candidate, 1, first=5)
    first = candidate.answer_body(1)
    candidate.call("answer", **first)
    second = candidate.answer_body(2, previous=first["hash"])
    candidate.call("answer", **second)
    candidate.beat(events=[{"at": "2035-01-10T03:01:00Z", "code": "hidden", "facts": {"for_ms": 1200}}])
    guard = Guard(candidate)
    guard.report(guard.event(), guard.event("displays", count=2))
    room.at(ENDS)
    candidate.hand_in(segments, answers_head=second["hash"])
    assert candidate.step == "complete"
    return candidate
