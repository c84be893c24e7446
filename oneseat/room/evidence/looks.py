"""Exports who looked at an attempt and acted on it: the audit log's entries, with their links of its chain.

An entry's digest covers the entry and the digest before it, so that a changed entry does not verify. Entries
about other seats are not exported; that the whole log was unbroken is stated in the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.rules.commitments import OF_SEAT
from oneseat.room.rules.plain_values import plain_moment
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AuditRecord, LinkedRecord
from oneseat.state.errors import AuditBroken
from oneseat.state.room.kept import KeptAttempt
from signing.jws import canonical_json

FILE = "looks.jsonl"
_OF_THE_ROOM = "room."
"""What the acts of the room begin with; those of the service desk are about the seat, not the attempt."""


@dataclass(frozen=True)
class LogState:
    """The audit log as it was at the export. ``broken_at`` is its first entry that does not verify."""

    entries: int
    digest: bytes
    broken_at: int | None = None

    def as_object(self) -> dict[str, object]:
        """As manifests have it."""
        return {"entries": self.entries, "digest": self.digest.hex(), "broken_at": self.broken_at}


def check_log(connection: Connection) -> LogState:
    """Verify the whole audit log. A broken one is no reason to keep evidence back, and is named in it."""
    head = audit.read_head(connection)
    try:
        audit.verify(connection)
    except AuditBroken as error:
        return LogState(head.entries, head.digest, int(str(error.facts["entry"])))
    return LogState(head.entries, head.digest)


def lines(connection: Connection, exam: str, attempt: KeptAttempt) -> Iterator[bytes]:
    """Yield the entries about an attempt or its seat as JSON lines, oldest first.

    Those of records that are the seat's are among them, though they name the attempt where they were made.
    """
    for entry in audit.linked(connection, exam, attempt.jti):
        act = entry.record.act
        named = attempt.id if act in OF_SEAT else json.loads(entry.record.facts).get("attempt", attempt.id)
        if act.startswith(_OF_THE_ROOM) and named == attempt.id:
            yield canonical_json(_as_object(entry)) + b"\n"


def is_sound(row: Mapping[str, Any]) -> bool:
    """Whether a line says what the audit log's digest covers."""
    try:
        at = datetime.fromisoformat(row["at"])
        record = AuditRecord(row["id"], at, row["exam"], row["actor"], row["act"], row["facts"], None)
        links = (bytes.fromhex(row["previous"]), bytes.fromhex(row["digest"]))
    except (KeyError, TypeError, ValueError):
        return False
    return audit.is_linked(LinkedRecord(record, *links))


def _as_object(entry: LinkedRecord) -> dict[str, object]:
    record = entry.record
    at = plain_moment(record.at)
    members = {"id": record.id, "at": at, "exam": record.exam, "actor": record.actor, "act": record.act}
    links = {"previous": entry.previous.hex(), "digest": entry.digest.hex()}
    return {**members, "facts": record.facts, **links}
