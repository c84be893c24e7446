"""What the room's benchmarks run against: an exam, seats that have entered, a room process, and pages."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from sqlalchemy import Connection, update

from bench import servers
from bench.clients import Plan as ClientPlan
from bench.pages import Plan
from bench.servers import Server
from oneseat.files.paper_names import FIRST
from oneseat.room.services.attempts.window_calls import ATTEMPT, cookie_hash
from oneseat.state.room import attempts, papers
from oneseat.state.room import phones as state_phones
from oneseat.state.room.attempts import NewAttempt
from oneseat.state.room.phones import NewPhone
from oneseat.state.tables.room_phones import RoomPhoneRow
from tests.room.held_exam import ENDS, EXAM, PASSPHRASE, STARTS, UPLOAD, HeldExam


@contextlib.contextmanager
def serving(exam: HeldExam, at: datetime, log: Path, **changes: object) -> Iterator[Server]:
    """A room process whose clock shows ``at`` when it starts."""
    settings = exam.settings(rehearse_at=at, sweep_interval_s=5, **changes).model_dump(mode="json")
    with servers.serving("room", {**settings, "passphrase": PASSPHRASE.decode()}, log) as server:
        yield server


@dataclass(frozen=True)
class Seats:
    """Candidates who have entered. ``seeds`` are those of their devices' keys, in hex, ``phones`` cookies."""

    cookies: list[str]
    grants: list[str]
    seeds: list[str]
    phones: list[str] = field(default_factory=list)


def seat(exam: HeldExam, count: int, *, phones: bool = False, at: datetime | None = None) -> Seats:
    """Let candidates in whose steps are finished, by the database; each with a phone in its place.

    As in the waiting time each has its paper. ``at`` is when guards and phones were last heard, by default
    when the candidates came.
    """
    made = [
        [secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_hex(32)] for _ in range(count)
    ]
    before, filming = STARTS - timedelta(minutes=20), list[str]()
    heard = at or before
    with exam.database.writing() as connection:
        for cookie, grant, seed in made:
            new = NewAttempt(
                id=secrets.token_hex(16),
                exam=EXAM,
                jti=secrets.token_hex(16),
                kind="formal",
                session=0,
                ordinal=1,
                device_key=bytes(SigningKey(bytes.fromhex(seed)).verify_key),
                ticket="t" * 600,
                created_at=before,
                starts_at=STARTS,
                ends_at=ENDS,
                upload_until=ENDS + UPLOAD,
            )
            assert attempts.create(connection, new)
            attempts.replace_cookie(connection, new.id, cookie_hash(cookie), ATTEMPT)
            attempts.replace_grant(connection, new.id, cookie_hash(grant))
            attempts.record_consent(connection, new.id, "1", before, face=True)
            attempts.record_devices(connection, new.id, before)
            attempts.record_room(connection, new.id, before)
            attempts.record_guards(connection, [new.id], heard)
            papers.record_variant(connection, new.id, FIRST)
            if phones:
                attempts.record_phones(connection, [new.id], before)
                filming.append(_place_phone(connection, new, before, heard))
    cookies, grants, seeds = (list(column) for column in zip(*made, strict=True))
    return Seats(cookies, grants, seeds, filming)


def _place_phone(connection: Connection, attempt: NewAttempt, at: datetime, heard: datetime) -> str:
    """Let a phone in that has passed its steps and records; return its cookie."""
    cookie, phone_id = secrets.token_urlsafe(32), secrets.token_hex(16)
    key, mine = secrets.token_bytes(91), cookie_hash(cookie)
    new = NewPhone(phone_id, EXAM, attempt.jti, key, "page", None, None, "pair", at, mine)
    assert state_phones.add(connection, new)
    row = update(RoomPhoneRow).where(RoomPhoneRow.id == phone_id)
    steps = dict.fromkeys(("consent_at", "checked_at", "swept_at", "placed_at"), at)
    signs = {"seen_at": heard, "recorded_at": heard}
    connection.execute(row.values(consent_version="1", filmed=attempt.id, **steps, **signs))
    return cookie


def pages(
    room: Server,
    exam: HeldExam,
    seats: Seats,
    seconds: float,
    **plan: Any,  # noqa: ANN401 -- members of a plan
) -> subprocess.Popen[bytes]:
    """Start the pages."""
    plan |= {"phones": seats.phones, "phone_cookie_name": f"oneseat-phone-{EXAM}"}
    made = Plan(room.url, exam.origin, f"oneseat-room-{EXAM}", seats.cookies, seconds, **plan)
    return _start("bench.pages", asdict(made))


def clients(
    room: Server, exam: HeldExam, seats: Seats, seconds: float, at: datetime
) -> subprocess.Popen[bytes]:
    """Start the clients of the same candidates; ``at`` is what the room's clock showed at its start."""
    return _start(
        "bench.clients",
        asdict(ClientPlan(room.url, exam.origin, seats.grants, seats.seeds, seconds, at.timestamp())),
    )


def _start(module: str, plan: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=servers.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(plan).encode())
    process.stdin.close()
    return process


def seen(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What pages or clients saw, when they have ended."""
    assert process.stdout is not None
    with process:
        result: dict[str, Any] = json.loads(process.stdout.read())
    return result
