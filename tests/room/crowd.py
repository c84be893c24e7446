"""A crowd of attempts in a room's database, as a session has them: pictures, takes, troubles of all kinds."""

from __future__ import annotations

import functools
import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import insert, update

from oneseat.room.exam.sealers import sealer_of
from oneseat.room.rules import live_pictures as rules
from oneseat.room.services.watching.live_pictures import CAMERA, PURPOSE, SCREEN, sealed
from oneseat.state.room import pictures
from oneseat.state.room.pictures import LivePicture
from oneseat.state.tables.room import RoomAttemptRow, RoomTakeRow
from oneseat.state.tables.room_help import RoomHelpRequestRow, RoomPermissionRow
from signing.authority.sealing import Sealer
from tests.room.held_exam import ENDS, EXAM, STARTS, HeldExam

IDENTITIES = ("passed", "passed", "passed", "doubtful", None, "passed", "rejected", "passed")
_DIGEST = bytes(32)


def attempt_id(number: int) -> str:
    return hashlib.sha256(b"crowd" + str(number).encode()).hexdigest()[:32]


def portrait(number: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture of somebody before a wall, in shades of the own."""
    shade = number * 37 % 120
    picture = Image.new("RGB", size, (150 + shade // 2, 160, 190 - shade // 2))
    pen, (width, height) = ImageDraw.Draw(picture), size
    pen.ellipse((width * 0.22, height * 0.62, width * 0.78, height * 1.5), fill=(60, 70 + shade // 3, 110))
    pen.ellipse((width * 0.36, height * 0.18, width * 0.64, height * 0.7), fill=(224 - shade // 3, 190, 165))
    pen.pieslice((width * 0.35, height * 0.12, width * 0.65, height * 0.6), 180, 360, fill=(40, 34, 30))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=60)
    assert rules.is_small_jpeg(target.getvalue())
    return target.getvalue()


def screen_of(number: int) -> bytes:
    """A picture of a page with lines of text."""
    picture = Image.new("RGB", (640, 360), (246, 248, 250))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 640, 40), fill=(11, 42, 76))
    for line in range(6 + number % 5):
        pen.rectangle((40, 70 + line * 22, 420 + line * 31 % 160, 80 + line * 22), fill=(120, 130, 140))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=40)
    return target.getvalue()


def gather(exam: HeldExam, count: int, now: datetime) -> list[str]:
    """Fill the formal session with attempts; every eighth has a trouble of some kind. Returns their ids."""
    numbers = range(count)
    with exam.database.writing() as connection:
        connection.execute(insert(RoomAttemptRow), [_attempt(number, now) for number in numbers])
        connection.execute(insert(RoomTakeRow), [take for n in numbers for take in _takes(n, now)])
        connection.execute(insert(RoomHelpRequestRow), [_request(n, now) for n in numbers if n % 16 == 1])
        connection.execute(insert(RoomPermissionRow), [_permission(n, now) for n in numbers if n % 16 == 9])
        pictures.save(connection, [each for n in numbers for each in _pictures(exam, n, now)])
    return [attempt_id(number) for number in numbers]


def show_again(exam: HeldExam, numbers: range, now: datetime) -> None:
    """Bring new pictures of some attempts, and hear all pages and guards that are not silent."""
    heard = update(RoomAttemptRow).where(RoomAttemptRow.window_seen_at > now - timedelta(seconds=60))
    with exam.database.writing() as connection:
        connection.execute(heard.values(window_seen_at=now, guard_seen_at=now))
        pictures.save(connection, [each for number in numbers for each in _pictures(exam, number, now)])


def _attempt(number: int, now: datetime) -> dict[str, Any]:
    came = STARTS - timedelta(minutes=40, seconds=number)
    silent = number % 16 == 5
    return {
        "id": attempt_id(number),
        "exam": EXAM,
        "jti": f"{number:028}{1000 + number:04}",
        "kind": "formal",
        "session": 0,
        "ordinal": 1,
        "device_key": _DIGEST,
        "ticket": "ticket " * 80,
        "created_at": came,
        "consent_at": came,
        "consent_version": "1",
        "consent_face": 1,
        "devices_at": came,
        "identity_at": came,
        "identity_by": "sent",
        "identity_state": IDENTITIES[number % 8],
        "room_at": came,
        "starts_at": STARTS,
        "ends_at": ENDS,
        "upload_until": ENDS + timedelta(hours=72),
        "epoch": 1,
        "cookie_hash": hashlib.sha256(str(number).encode()).digest(),
        "cookie_scope": "attempt",
        "window_seen_at": now - timedelta(seconds=90 if silent else number % 5),
        "guard_seen_at": now - timedelta(seconds=number % 9),
    }


def _takes(number: int, now: datetime) -> list[dict[str, Any]]:
    stored = 3 if number % 16 == 13 else 29
    return [
        {
            "attempt": attempt_id(number),
            "take": f"{n}{number:023}",
            "exam": EXAM,
            "stream": stream,
            "mime": "video/webm",
            "began_at": now - timedelta(minutes=15),
            "announced": 30,
            "promised": None,
            "size_total": 30_000_000,
            "hashes": _DIGEST * 30,
            "stored": ((1 << stored) - 1).to_bytes(4, "little"),
        }
        for n, stream in enumerate(_streams(number))
    ]


def _streams(number: int) -> tuple[str, ...]:
    """What is recorded of an attempt: every third shares no screen."""
    return (CAMERA, SCREEN) if number % 3 else (CAMERA,)


def _request(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": f"{number:032}",
        "exam": EXAM,
        "attempt": attempt_id(number),
        "reason": "device",
        "made_at": now,
        "received_at": now,
        "status": "waiting",
        "tries": 0,
        "next_try_at": now + timedelta(hours=9),
    }


def _permission(number: int, now: datetime) -> dict[str, Any]:
    times = {"begins_at": now - timedelta(minutes=1), "ends_at": now + timedelta(minutes=4)}
    return {"exam": EXAM, "attempt": attempt_id(number), "opener": "desk", "reason": "call", **times}


@functools.cache
def _sealer(exam: HeldExam) -> Sealer:
    return sealer_of(exam.keys.room.secret("sealing"), PURPOSE)


@functools.cache
def _content(stream: str, number: int) -> bytes:
    return portrait(number) if stream == CAMERA else screen_of(number)


def _pictures(exam: HeldExam, number: int, now: datetime) -> list[LivePicture]:
    """Pictures sealed as the room seals them; every sixteenth camera is one that came long ago."""
    at = now - timedelta(seconds=200 if number % 16 == 11 else number % 20)
    return [
        sealed(_sealer(exam), EXAM, (attempt_id(number), stream), at, _content(stream, number % 40))
        for stream in _streams(number)
    ]
