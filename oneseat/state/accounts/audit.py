"""An append-only log of what people and commands did, each entry chained to the one before.

Entries hold jti pseudonyms, counts and versions; never a name, an ID number or a key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, text

from oneseat.state.errors import AuditBroken, AuditTruncated
from oneseat.state.tables.accounts import AuditEntry

GENESIS = bytes(32)
"""What the first entry is chained to."""

HEAD_TYP = "oneseat-audit-head+jws"
"""The signed head's own token type: nothing else that the portal signs passes for one."""

Fact = str | int | bool | None


@dataclass(frozen=True)
class Head:
    """How long the log was at some time, and the digest that commits to all of it.

    Kept outside the database, it shows later whether entries were cut off or rewritten.
    """

    entries: int
    digest: bytes


@dataclass(frozen=True)
class Entry:
    """One line of the log. ``facts`` is a JSON object as text."""

    at: datetime
    exam: str | None
    actor: str
    act: str
    facts: str


def append(
    connection: Connection,
    at: datetime,
    actor: str,
    act: str,
    exam: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> bytes:
    """Add an entry and give its digest, which commits to every entry before it.

    Call it in the transaction of the act itself, so that neither is there without the
    other. ``act`` is a dotted word such as ``publish`` or ``seat.moved``.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    shown = json.dumps(dict(facts or {}), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    before = connection.scalar(select(AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1))
    digest = _digest(before or GENESIS, at, exam, actor, act, shown)
    connection.execute(
        insert(AuditEntry),
        {"at": at, "exam": exam, "actor": actor, "act": act, "facts": shown, "digest": digest},
    )
    return digest


def head(connection: Connection) -> Head:
    """Where the log stands now. It is not verified by this."""
    entries = connection.scalar(select(func.count()).select_from(AuditEntry)) or 0
    digest = connection.scalar(select(AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1))
    return Head(entries, digest or GENESIS)


def latest(connection: Connection, exam: str, limit: int, holding: str | None = None) -> list[Entry]:
    """The newest entries that concern an exam, newest first; with ``holding``, those about one jti."""
    query = select(AuditEntry.at, AuditEntry.exam, AuditEntry.actor, AuditEntry.act, AuditEntry.facts)
    query = query.where(AuditEntry.exam == exam).order_by(AuditEntry.id.desc()).limit(limit)
    if holding is not None:
        query = query.where(AuditEntry.facts.contains(f'"jti":"{holding}"', autoescape=True))
    return [Entry(*row) for row in connection.execute(query)]


def verify(connection: Connection, against: Head | None = None) -> tuple[int, bytes]:
    """Walk the chain from the start; the number of entries and the last digest.

    With ``against``, an older head, also that the log still begins with what that head
    committed to. Without one, entries that were cut off at the end leave no trace.

    Raises:
        AuditBroken: an entry was changed, removed from the middle or put in; or the log
            is another one than ``against`` is the head of.
        AuditTruncated: it is shorter than ``against``.
    """
    before, entries = GENESIS, 0
    matched = against is None or against == Head(0, GENESIS)
    query = select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.exam,
        AuditEntry.actor,
        AuditEntry.act,
        AuditEntry.facts,
        AuditEntry.digest,
    ).order_by(AuditEntry.id)
    for entry_id, at, exam, actor, act, facts, digest in connection.execute(query).yield_per(1000):
        if digest != _digest(before, at, exam, actor, act, facts):
            raise AuditBroken(entry=entry_id)
        before, entries = digest, entries + 1
        if against is not None and entries == against.entries:
            if digest != against.digest:
                raise AuditBroken(entry=entry_id)
            matched = True
    if against is not None and not matched:
        raise AuditTruncated(entries=entries, wanted=against.entries)
    return entries, before


def _digest(before: bytes, at: datetime, exam: str | None, actor: str, act: str, facts: str) -> bytes:
    # In UTC, as it is read back: the same moment has one text, whatever zone the caller's clock tells it in.
    parts = [at.astimezone(UTC).isoformat(), exam or "", actor, act, facts]
    hashed = hashlib.sha256(b"oneseat/audit/v1" + before)
    for part in parts:
        encoded = part.encode()
        hashed.update(len(encoded).to_bytes(4, "big") + encoded)
    return hashed.digest()
