"""An append-only log of what people and commands did, each entry chained to the one before.

Entries hold jti pseudonyms, counts and versions; never a name, an ID number or a key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, text

from state.errors import AuditBroken
from state.models import AuditEntry

GENESIS = bytes(32)
"""What the first entry is chained to."""

Fact = str | int | bool | None


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


def verify(connection: Connection) -> tuple[int, bytes]:
    """Walk the chain from the start; the number of entries and the last digest.

    Raises:
        AuditBroken: an entry was changed, removed from the middle or put in.
    """
    before, entries = GENESIS, 0
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
    return entries, before


def _digest(before: bytes, at: datetime, exam: str | None, actor: str, act: str, facts: str) -> bytes:
    parts = [at.isoformat(), exam or "", actor, act, facts]
    hashed = hashlib.sha256(b"oneseat/audit/v1" + before)
    for part in parts:
        encoded = part.encode()
        hashed.update(len(encoded).to_bytes(4, "big") + encoded)
    return hashed.digest()
