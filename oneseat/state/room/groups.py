"""Groups of a session's attempts, their invigilators, and which group an attempt is in.

An attempt joins a group in the transaction that begins it. The group's row is locked there last, so that two
that begin at the same time count one after the other and neither waits for the other's attempt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, SQLColumnExpression, func, insert, or_, select, update

from oneseat.state.dialect import insert_unless_taken
from oneseat.state.room.attempts import NewAttempt
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_groups import RoomGroupAttemptRow, RoomGroupRow


class GroupKey(NamedTuple):
    """What names a group: its exam, the kind and position of its session, its number there."""

    exam: str
    kind: str
    session: int
    number: int


@dataclass(frozen=True)
class Group:
    """A group. ``first`` and ``second`` are the names of its invigilators."""

    kind: str
    session: int
    number: int
    first: str | None
    second: str | None
    members: int
    unwatched_since: datetime | None

    def has(self, operator: str) -> bool:
        """Whether the group is an operator's."""
        return operator in {self.first, self.second}


class Membership(NamedTuple):
    """An attempt's group: its number, and the names of its invigilators."""

    number: int
    watchers: frozenset[str]


_COLUMNS = tuple(getattr(RoomGroupRow, member.name) for member in fields(Group))


def join(connection: Connection, attempt: NewAttempt, size: int) -> int:
    """Put a new attempt into a group, and return the group's number.

    A seat that comes to the session again goes where it was. Any other one joins the fullest group of its
    session with fewer than ``size`` members, or a new one.
    """
    number = _group_before(connection, attempt)
    if number is None:
        number = _join_open(connection, attempt, size)
    connection.execute(
        insert(RoomGroupAttemptRow),
        {
            "attempt": attempt.id,
            "exam": attempt.exam,
            "kind": attempt.kind,
            "session": attempt.session,
            "number": number,
        },
    )
    return number


def prepare(connection: Connection, exam: str, kind: str, session: int, count: int) -> int:
    """Make empty groups until the session has ``count``; return how many were made."""
    known = set(connection.scalars(select(RoomGroupRow.number).where(*_session(exam, kind, session))))
    lacking = [number for number in range(1, count + 1) if number not in known]
    return sum(_create(connection, GroupKey(exam, kind, session, number), 0) for number in lacking)


def assign(connection: Connection, key: GroupKey, first: str | None, second: str | None) -> bool:
    """Record a group's invigilators; False if there is no such group."""
    statement = update(RoomGroupRow).where(*_group(key))
    return connection.execute(statement.values(first=first, second=second)).rowcount == 1


def list_of(connection: Connection, exam: str, kind: str, session: int) -> list[Group]:
    """List a session's groups by number."""
    query = select(*_COLUMNS).where(*_session(exam, kind, session)).order_by(RoomGroupRow.number)
    return [Group(*row) for row in connection.execute(query)]


def list_all(connection: Connection, exam: str) -> list[Group]:
    """List the groups of all sessions."""
    query = select(*_COLUMNS).where(RoomGroupRow.exam == exam)
    order = (RoomGroupRow.kind, RoomGroupRow.session, RoomGroupRow.number)
    return [Group(*row) for row in connection.execute(query.order_by(*order))]


def group_of(connection: Connection, attempt_id: str) -> int | None:
    """Return the number of an attempt's group; None if it has none."""
    row = RoomGroupAttemptRow
    return connection.scalar(select(row.number).where(row.attempt == attempt_id))


def find_of(connection: Connection, attempt_id: str) -> Group | None:
    """Return an attempt's group, or None."""
    query = (
        select(*_COLUMNS)
        .join(RoomGroupAttemptRow, _joined())
        .where(RoomGroupAttemptRow.attempt == attempt_id)
    )
    row = connection.execute(query).first()
    return None if row is None else Group(*row)


def members_of(connection: Connection, exam: str, kind: str, session: int) -> dict[str, int]:
    """Map the attempts of a session to the numbers of their groups."""
    row = RoomGroupAttemptRow
    query = select(row.attempt, row.number).where(row.exam == exam, row.kind == kind, row.session == session)
    return {row[0]: row[1] for row in connection.execute(query)}


def seats_of(connection: Connection, key: GroupKey) -> tuple[str, ...]:
    """List the pseudonyms of a group's members, sorted; each once, however often it has attended."""
    row = RoomGroupAttemptRow
    query = (
        select(RoomAttemptRow.jti)
        .join(row, row.attempt == RoomAttemptRow.id)
        .where(*_members(key))
        .distinct()
    )
    return tuple(sorted(connection.scalars(query)))


def attempts_of(connection: Connection, key: GroupKey) -> tuple[str, ...]:
    """List the attempts of a group that are not handed in, by their ids."""
    row = RoomGroupAttemptRow
    query = (
        select(row.attempt)
        .join(RoomAttemptRow, RoomAttemptRow.id == row.attempt)
        .where(*_members(key))
        .where(RoomAttemptRow.handed_in_at.is_(None))
    )
    return tuple(sorted(connection.scalars(query)))


def count_present(connection: Connection, exam: str) -> dict[tuple[str, int, int], int]:
    """Count the attempts that are not handed in, by kind, session and number of their group."""
    row = RoomGroupAttemptRow
    query = (
        select(row.kind, row.session, row.number, func.count())
        .join(RoomAttemptRow, RoomAttemptRow.id == row.attempt)
        .where(row.exam == exam, RoomAttemptRow.handed_in_at.is_(None))
        .group_by(row.kind, row.session, row.number)
    )
    found = connection.execute(query)
    return {(kind, session, number): count for kind, session, number, count in found}


def memberships_of(connection: Connection, exam: str, kind: str, session: int) -> dict[str, Membership]:
    """Map the attempts of a session to their groups."""
    names = {
        each.number: frozenset(name for name in (each.first, each.second) if name)
        for each in list_of(connection, exam, kind, session)
    }
    members = members_of(connection, exam, kind, session)
    return {
        attempt: Membership(number, names.get(number, frozenset())) for attempt, number in members.items()
    }


def is_watched_by(operator: str, attempt: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The condition that an attempt, named by a column, is in one of an operator's groups."""
    mine = (
        select(RoomGroupAttemptRow.attempt)
        .join(RoomGroupRow, _joined())
        .where(or_(RoomGroupRow.first == operator, RoomGroupRow.second == operator))
    )
    return attempt.in_(mine)


def record_unwatched(connection: Connection, key: GroupKey, since: datetime | None) -> bool:
    """Record since when nobody watches a group, or with None that somebody does; False if it was known."""
    known = RoomGroupRow.unwatched_since
    changed = known.is_not(None) if since is None else known.is_(None)
    statement = update(RoomGroupRow).where(*_group(key), changed)
    return connection.execute(statement.values(unwatched_since=since)).rowcount == 1


def _group_before(connection: Connection, attempt: NewAttempt) -> int | None:
    """The group of the seat's attempt before, if there is one."""
    if attempt.ordinal == 1:
        return None
    query = (
        select(RoomGroupAttemptRow.number)
        .join(RoomAttemptRow, RoomAttemptRow.id == RoomGroupAttemptRow.attempt)
        .where(
            RoomAttemptRow.exam == attempt.exam,
            RoomAttemptRow.jti == attempt.jti,
            RoomAttemptRow.kind == attempt.kind,
            RoomAttemptRow.session == attempt.session,
        )
        .order_by(RoomAttemptRow.ordinal.desc())
        .limit(1)
    )
    return connection.scalar(query)


def _join_open(connection: Connection, attempt: NewAttempt, size: int) -> int:
    mine = _session(attempt.exam, attempt.kind, attempt.session)
    while True:
        fullest = (
            select(RoomGroupRow.number)
            .where(*mine, RoomGroupRow.members < size)
            .order_by(RoomGroupRow.members.desc(), RoomGroupRow.number)
            .limit(1)
            .with_for_update()
        )
        number = connection.scalar(fullest)
        if number is not None:
            its = update(RoomGroupRow).where(*mine, RoomGroupRow.number == number)
            connection.execute(its.values(members=RoomGroupRow.members + 1))
            return number
        # In one statement: a group that another process makes meanwhile has the number that is tried here.
        opened = func.count().filter(RoomGroupRow.members < size)
        last, still_open = connection.execute(
            select(func.max(RoomGroupRow.number), opened).where(*mine)
        ).one()
        new = GroupKey(attempt.exam, attempt.kind, attempt.session, (last or 0) + 1)
        # The row that was waited for above may have filled up, while others are open.
        if not still_open and _create(connection, new, 1):
            return new.number


def _create(connection: Connection, key: GroupKey, members: int) -> bool:
    statement = insert_unless_taken(connection, RoomGroupRow).returning(RoomGroupRow.number)
    return connection.scalar(statement, {**key._asdict(), "members": members}) is not None


def _session(exam: str, kind: str, session: int) -> Collection[ColumnElement[bool]]:
    row = RoomGroupRow
    return (row.exam == exam, row.kind == kind, row.session == session)


def _group(key: GroupKey) -> Collection[ColumnElement[bool]]:
    return (*_session(key.exam, key.kind, key.session), RoomGroupRow.number == key.number)


def _members(key: GroupKey) -> Collection[ColumnElement[bool]]:
    row = RoomGroupAttemptRow
    session = (row.exam == key.exam, row.kind == key.kind, row.session == key.session)
    return (*session, row.number == key.number)


def _joined() -> ColumnElement[bool]:
    group, member = RoomGroupRow, RoomGroupAttemptRow
    same = (group.exam == member.exam, group.kind == member.kind, group.session == member.session)
    return same[0] & same[1] & same[2] & (group.number == member.number)
