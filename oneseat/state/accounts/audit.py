"""The audit log: append-only entries in a hash chain, each with the digest of the one before.

Entries hold jti pseudonyms, counts and versions; never a name, an ID number or a key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select, text
from sqlalchemy.orm import aliased

from oneseat.state.errors import AuditBroken, AuditTruncated
from oneseat.state.tables.accounts import AuditEntry

GENESIS = bytes(32)
"""The digest before the first entry."""

AUDIT_HEAD_TYP = "oneseat-audit-head+jws"
"""The token type of a signed head. No other token of the portal has it."""

Fact = str | int | bool | None

_LOOKED_BACK = 200
"""How many of an operator's entries are searched for recent seats."""


@dataclass(frozen=True)
class AuditHead:
    """The log's length at some time, and the digest that commits to all its entries.

    A head that is kept outside the database shows later whether entries were removed or rewritten.
    """

    entries: int
    digest: bytes


@dataclass(frozen=True)
class AuditRecord:
    """An entry of the log. ``facts`` is a JSON object as text, ``jti`` the pseudonym in it, if any."""

    id: int
    at: datetime
    exam: str | None
    actor: str
    act: str
    facts: str
    jti: str | None


@dataclass(frozen=True)
class LinkedRecord:
    """An entry with its link of the hash chain: the digest before it, and its own."""

    record: AuditRecord
    previous: bytes
    digest: bytes


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted: None wants all. ``since`` is included, ``before`` is not."""

    actor: str | None = None
    act: str | None = None
    jtis: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None


def append(
    connection: Connection,
    at: datetime,
    actor: str,
    act: str,
    exam: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> bytes:
    """Append an entry; return its digest, which commits to all entries so far.

    Call it in the transaction of the act itself, so that both are committed or neither.
    ``act`` is a dotted word such as ``publish`` or ``seat.moved``.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    given = dict(facts or {})
    shown = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    before = connection.scalar(select(AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1))
    digest = _digest(before or GENESIS, at, exam, actor, act, shown)
    connection.execute(
        insert(AuditEntry),
        {
            "at": at,
            "exam": exam,
            "actor": actor,
            "act": act,
            "facts": shown,
            "digest": digest,
            "jti": given.get("jti"),
        },
    )
    return digest


def read_head(connection: Connection) -> AuditHead:
    """Read the log's current head, without verifying the log."""
    entries = connection.scalar(select(func.count()).select_from(AuditEntry)) or 0
    digest = connection.scalar(select(AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1))
    return AuditHead(entries, digest or GENESIS)


def newest_at(connection: Connection, actor: str | None = None) -> datetime | None:
    """Return the time of the entry that was appended last, by one actor or by any; None without one."""
    query = select(AuditEntry.at).order_by(AuditEntry.id.desc()).limit(1)
    if actor is not None:
        query = query.where(AuditEntry.actor == actor)
    return connection.scalar(query)


def latest(connection: Connection, exam: str, limit: int, about_jti: str | None = None) -> list[AuditRecord]:
    """Read an exam's newest entries, newest first; with ``about_jti`` only those about one jti."""
    wanted = AuditFilter() if about_jti is None else AuditFilter(jtis=(about_jti,))
    return list(entries(connection, exam, wanted, limit=limit))


def entries(
    connection: Connection,
    exam: str,
    wanted: AuditFilter,
    *,
    limit: int | None = None,
    older_than: int | None = None,
) -> Iterator[AuditRecord]:
    """Yield an exam's entries that are wanted, newest first; ``older_than`` is the id to go on from."""
    query = _records().where(AuditEntry.exam == exam, *_conditions(wanted)).order_by(AuditEntry.id.desc())
    if older_than is not None:
        query = query.where(AuditEntry.id < older_than)
    if limit is not None:
        query = query.limit(limit)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield AuditRecord(*row)


def _records() -> Select[int, datetime, str | None, str, str, str, str | None]:
    return select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.exam,
        AuditEntry.actor,
        AuditEntry.act,
        AuditEntry.facts,
        AuditEntry.jti,
    )


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.actor is not None:
        yield AuditEntry.actor == wanted.actor
    if wanted.act is not None:
        yield AuditEntry.act == wanted.act
    if wanted.jtis:
        yield AuditEntry.jti.in_(wanted.jtis)
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.before is not None:
        yield AuditEntry.at < wanted.before


def of_acts(connection: Connection, exam: str, acts: Sequence[str]) -> list[AuditRecord]:
    """Read an exam's entries of these acts, oldest first."""
    query = _records().where(AuditEntry.exam == exam, AuditEntry.act.in_(acts)).order_by(AuditEntry.id)
    return [AuditRecord(*row) for row in connection.execute(query)]


def linked(connection: Connection, exam: str, jti: str) -> Iterator[LinkedRecord]:
    """Yield an exam's entries about one pseudonym with their links of the chain, oldest first."""
    before = aliased(AuditEntry)
    previous = (
        select(before.digest)
        .where(before.id < AuditEntry.id)
        .order_by(before.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = _records().add_columns(previous, AuditEntry.digest)
    wanted = query.where(AuditEntry.exam == exam, AuditEntry.jti == jti).order_by(AuditEntry.id)
    for *record, earlier, digest in connection.execute(wanted):
        yield LinkedRecord(AuditRecord(*record), earlier or GENESIS, digest)


def is_linked(linked: LinkedRecord) -> bool:
    """Whether an entry's digest is that of its content behind the digest before it."""
    record = linked.record
    content = (record.at, record.exam, record.actor, record.act, record.facts)
    return linked.digest == _digest(linked.previous, *content)


def recent_seats(connection: Connection, exam: str, actor: str, limit: int) -> list[str]:
    """List the pseudonyms of the seats that an operator's newest entries are about, latest first."""
    newest = (
        select(AuditEntry.jti, AuditEntry.id)
        .where(AuditEntry.actor == actor, AuditEntry.exam == exam)
        .order_by(AuditEntry.id.desc())
        .limit(_LOOKED_BACK)
        .subquery()
    )
    query = (
        select(newest.c.jti)
        .where(newest.c.jti.is_not(None))
        .group_by(newest.c.jti)
        .order_by(func.max(newest.c.id).desc())
        .limit(limit)
    )
    return [jti for jti in connection.scalars(query) if jti is not None]


def find_facts(connection: Connection, exam: str, act: str, key: str, value: int) -> dict[str, Any]:
    """Return the facts of the newest entry of this act in which ``key`` has this value; empty if none."""
    query = (
        select(AuditEntry.facts)
        .where(AuditEntry.exam == exam, AuditEntry.act == act)
        .where(or_(*(AuditEntry.facts.contains(f'"{key}":{value}{end}', autoescape=True) for end in ",}")))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    facts = connection.scalar(query)
    return dict(json.loads(facts)) if facts else {}


def verify(connection: Connection, against: AuditHead | None = None) -> tuple[int, bytes]:
    """Verify the hash chain from its start; return the number of entries and the last digest.

    ``against`` is an older head: the log must still begin with the entries it commits to. Without
    it, entries removed from the end are not noticed.

    Raises:
        AuditBroken: an entry was changed, inserted, or removed from the middle; or the log does not
            begin with the entries of ``against``.
        AuditTruncated: the log is shorter than ``against``.
    """
    before, entries = GENESIS, 0
    matched = against is None or against == AuditHead(0, GENESIS)
    query = select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.exam,
        AuditEntry.actor,
        AuditEntry.act,
        AuditEntry.facts,
        AuditEntry.digest,
        AuditEntry.jti,
    ).order_by(AuditEntry.id)
    for entry_id, at, exam, actor, act, facts, digest, jti in connection.execute(query).yield_per(1000):
        if digest != _digest(before, at, exam, actor, act, facts) or jti != _pseudonym_in(facts):
            raise AuditBroken(entry=entry_id)
        before, entries = digest, entries + 1
        if against is not None and entries == against.entries:
            if digest != against.digest:
                raise AuditBroken(entry=entry_id)
            matched = True
    if against is not None and not matched:
        raise AuditTruncated(entries=entries, wanted=against.entries)
    return entries, before


def _pseudonym_in(facts: str) -> str | None:
    """The pseudonym in an entry's facts; the column that repeats it is not covered by the digest."""
    if '"jti":' not in facts:
        return None
    jti: str | None = json.loads(facts).get("jti")
    return jti


def _digest(before: bytes, at: datetime, exam: str | None, actor: str, act: str, facts: str) -> bytes:
    # In UTC, as it is read back, so that the text does not depend on the caller's time zone.
    parts = [at.astimezone(UTC).isoformat(), exam or "", actor, act, facts]
    hashed = hashlib.sha256(b"oneseat/audit/v1" + before)
    for part in parts:
        encoded = part.encode()
        hashed.update(len(encoded).to_bytes(4, "big") + encoded)
    return hashed.digest()
