"""Lists attempts of a session for operators, in pages, with what is missing of their recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from oneseat.state.dialect import in_values
from oneseat.state.room import attempts, groups
from oneseat.state.room.attempts import Attempt
from oneseat.state.tables.room import RoomAttemptRow, RoomTakeRow


class Shown(StrEnum):
    """Which attempts a list shows. ``UNDECIDED`` have sent their photographs; ``SILENT`` are not heard."""

    ALL = "all"
    UNDECIDED = "undecided"
    DOUBTFUL = "doubtful"
    REJECTED = "rejected"
    PASSED = "passed"
    SILENT = "silent"


@dataclass(frozen=True)
class AttemptFilter:
    """Which attempts are wanted: one session's; silent are those not heard since ``silent_since``.

    With ``watcher``, an operator's name, only attempts of that invigilator's groups are.
    """

    kind: str
    session: int
    shown: Shown
    silent_since: datetime
    watcher: str | None = None


def count(connection: Connection, exam: str, wanted: AttemptFilter) -> int:
    """Count the attempts that are wanted."""
    query = select(func.count()).select_from(RoomAttemptRow).where(*_conditions(exam, wanted))
    return connection.scalar(query) or 0


def page(connection: Connection, exam: str, wanted: AttemptFilter, skip: int, limit: int) -> list[Attempt]:
    """List a page of the attempts that are wanted, in the order in which they began."""
    return attempts.list_page(connection, _conditions(exam, wanted), skip, limit)


def sessions(connection: Connection, exam: str) -> dict[tuple[str, int], int]:
    """Count the attempts of each session that has any, by kind and position."""
    place = (RoomAttemptRow.kind, RoomAttemptRow.session)
    query = select(*place, func.count()).where(RoomAttemptRow.exam == exam).group_by(*place)
    return {(kind, session): number for kind, session, number in connection.execute(query)}


def missing(connection: Connection, attempt_ids: Sequence[str]) -> dict[str, int]:
    """Count the segments of some attempts that are announced or promised and not stored."""
    take = RoomTakeRow
    query = select(take.attempt, take.announced, take.promised, take.stored)
    lacking = dict.fromkeys(attempt_ids, 0)
    for attempt, announced, promised, stored in connection.execute(
        query.where(in_values(connection, take.attempt, attempt_ids))
    ):
        lacking[attempt] += max(announced, promised or 0) - int.from_bytes(stored, "little").bit_count()
    return lacking


def _conditions(exam: str, wanted: AttemptFilter) -> list[ColumnElement[bool]]:
    row = RoomAttemptRow
    base = [row.exam == exam, row.kind == wanted.kind, row.session == wanted.session]
    mine = [] if wanted.watcher is None else [groups.is_watched_by(wanted.watcher, row.id)]
    return [*base, *mine, *_shown(wanted)]


def _shown(wanted: AttemptFilter) -> list[ColumnElement[bool]]:
    row = RoomAttemptRow
    if wanted.shown is Shown.ALL:
        return []
    if wanted.shown is Shown.UNDECIDED:
        return [row.identity_at.is_not(None), row.identity_state.is_(None)]
    if wanted.shown is Shown.SILENT:
        quiet = or_(row.window_seen_at.is_(None), row.window_seen_at < wanted.silent_since)
        return [and_(row.handed_in_at.is_(None), quiet)]
    return [row.identity_state == wanted.shown.value]
