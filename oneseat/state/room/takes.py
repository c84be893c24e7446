"""Takes: which segments were announced, under which SHA-256, and which are stored, in one row per take.

All segments of a take share two values, a list of digests and a bitmap, so a call costs the same number of
statements whatever it carries. Read and write them between :func:`oneseat.state.room.attempts.lock` and the
transaction's end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from oneseat.state.tables.room import RoomTakeRow

HASH_BYTES = 32
_UNKNOWN = bytes(HASH_BYTES)


@dataclass(frozen=True)
class Take:
    """A take. ``announced`` is the highest known number of a segment plus one; numbers begin at 0.

    ``promised`` is the number of segments that the page says there are, None until it knows.
    ``size_total`` counts the bytes of all announced segments.
    """

    attempt: str
    take: str
    exam: str
    stream: str
    mime: str
    began_at: datetime
    announced: int = 0
    promised: int | None = None
    size_total: int = 0
    hashes: bytes = field(default=b"", repr=False)
    stored: bytes = field(default=b"", repr=False)

    def sha256_of(self, number: int) -> bytes | None:
        """The SHA-256 under which a segment was announced; None if it was not."""
        digest = self.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]
        return None if digest in (b"", _UNKNOWN) else digest

    def is_stored(self, number: int) -> bool:
        """Whether a segment is known to be in the store."""
        byte, bit = divmod(number, 8)
        return byte < len(self.stored) and bool(self.stored[byte] >> bit & 1)

    @property
    def stored_count(self) -> int:
        """How many segments are known to be in the store."""
        return int.from_bytes(self.stored, "little").bit_count()

    @property
    def announced_count(self) -> int:
        """How many segments were announced, those between them that were not left out."""
        if _UNKNOWN not in self.hashes:
            return self.announced
        return sum(1 for number in range(self.announced) if self.sha256_of(number) is not None)

    @property
    def missing_count(self) -> int:
        """How many segments :meth:`missing` names. Only announced ones are ever stored."""
        return max(self.promised or 0, self.announced) - self.stored_count

    def announce(self, number: int, sha256: bytes, size: int) -> Take:
        """Return the take with one more segment; a known one is not counted again.

        Raises:
            ValueError: the segment was announced under another digest, or the digest is no SHA-256.
        """
        known = self.sha256_of(number)
        if known == sha256:
            return self
        if known is not None or len(sha256) != HASH_BYTES or sha256 == _UNKNOWN:
            raise ValueError("a segment has one digest")
        hashes = bytearray(self.hashes.ljust((number + 1) * HASH_BYTES, b"\0"))
        hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES] = sha256
        announced = max(self.announced, number + 1)
        return replace(self, hashes=bytes(hashes), announced=announced, size_total=self.size_total + size)

    def mark_stored(self, numbers: Iterable[int]) -> Take:
        """Return the take with segments marked as stored; those never announced are passed over."""
        bits = int.from_bytes(self.stored, "little")
        for number in numbers:
            if self.sha256_of(number) is not None:
                bits |= 1 << number
        return replace(self, stored=bits.to_bytes((bits.bit_length() + 7) // 8, "little"))

    def promise(self, count: int) -> Take:
        """Return the take with a promised number of segments. A promise only grows."""
        return replace(self, promised=max(count, self.announced, self.promised or 0))

    def missing(self) -> Iterator[int]:
        """Yield the numbers of segments that are promised or announced, and not stored."""
        return (
            number for number in range(max(self.promised or 0, self.announced)) if not self.is_stored(number)
        )


TakeKey = tuple[str, str]
"""The ids of an attempt and of one of its takes."""


@dataclass(frozen=True)
class TakeCount:
    """How much of an attempt's takes was announced."""

    takes: int = 0
    segments: int = 0
    size_total: int = 0


_COLUMNS = tuple(getattr(RoomTakeRow, member.name) for member in fields(Take))
_KEY = ("attempt", "take")
_CHANGING = ("announced", "promised", "size_total", "hashes", "stored")
_NAMES = tuple(member.name for member in fields(Take))
_SOME = select(*_COLUMNS).where(
    RoomTakeRow.attempt == bindparam("its_attempt"),
    RoomTakeRow.take.in_(bindparam("its_takes", expanding=True)),
)

_OF_SEVERAL = select(*_COLUMNS).where(
    tuple_(RoomTakeRow.attempt, RoomTakeRow.take).in_(bindparam("its_keys", expanding=True))
)
_OF_ATTEMPTS = select(*_COLUMNS).where(RoomTakeRow.attempt.in_(bindparam("its_attempts", expanding=True)))
_TOTALS = (func.count(), func.sum(RoomTakeRow.announced), func.sum(RoomTakeRow.size_total))
_COUNTS = (
    select(RoomTakeRow.attempt, *_TOTALS)
    .where(RoomTakeRow.attempt.in_(bindparam("its_attempts", expanding=True)))
    .group_by(RoomTakeRow.attempt)
)


def _saving(insert: Any) -> Insert:  # noqa: ANN401 -- a dialect's function of that name
    """``INSERT ... ON CONFLICT DO UPDATE`` of one dialect, built once."""
    statement = insert(RoomTakeRow)
    changed = {name: statement.excluded[name] for name in _CHANGING}
    built: Insert = statement.on_conflict_do_update(index_elements=_KEY, set_=changed)
    return built


_SAVE = {"postgresql": _saving(postgresql.insert), "sqlite": _saving(sqlite.insert)}


def find_some(connection: Connection, attempt: str, takes: Collection[str]) -> dict[str, Take]:
    """Find takes of an attempt by their ids, in one statement."""
    if not takes:
        return {}
    values = {"its_attempt": attempt, "its_takes": sorted(takes)}
    return {take.take: take for take in map(_take, connection.execute(_SOME, values))}


def find_of_several(connection: Connection, keys: Collection[TakeKey]) -> dict[TakeKey, Take]:
    """Find takes of several attempts, in one statement."""
    if not keys:
        return {}
    found = map(_take, connection.execute(_OF_SEVERAL, {"its_keys": sorted(keys)}).all())
    return {(take.attempt, take.take): take for take in found}


def list_of(connection: Connection, attempt: str) -> list[Take]:
    """List an attempt's takes in the order of their begin."""
    query = select(*_COLUMNS).where(RoomTakeRow.attempt == attempt)
    query = query.order_by(RoomTakeRow.began_at, RoomTakeRow.take)
    return [_take(row) for row in connection.execute(query)]


def list_of_several(connection: Connection, attempts: Collection[str]) -> dict[str, list[Take]]:
    """List the takes of several attempts, in one statement; an attempt without takes is left out."""
    listed: dict[str, list[Take]] = {}
    if attempts:
        for take in map(_take, connection.execute(_OF_ATTEMPTS, {"its_attempts": sorted(attempts)}).all()):
            listed.setdefault(take.attempt, []).append(take)
    return listed


def save(connection: Connection, takes: Sequence[Take]) -> None:
    """Insert or update takes, in one statement. What they are (stream, begin) never changes."""
    if takes:
        connection.execute(_SAVE[connection.dialect.name], [_row(take) for take in takes])


def count_of_several(connection: Connection, attempts: Collection[str]) -> dict[str, TakeCount]:
    """Count the takes of several attempts, and their announced segments and bytes, in one statement.

    An attempt without takes is left out.
    """
    if not attempts:
        return {}
    rows = connection.execute(_COUNTS, {"its_attempts": sorted(attempts)}).all()
    return {attempt: TakeCount(*map(int, totals)) for attempt, *totals in rows}


def _row(take: Take) -> dict[str, object]:
    return {name: getattr(take, name) for name in _NAMES}


def _take(row: Sequence[object]) -> Take:
    return Take(*row)  # type: ignore[arg-type] # the columns are the record's members
