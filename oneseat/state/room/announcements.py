"""Announcements to candidates, and which bulletins (announcements, measures) were shown on which page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, func, select, type_coerce, update

from oneseat.state.dialect import in_values, insert_or_ignore
from oneseat.state.prepared import Prepared
from oneseat.state.tables.base import instant
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_measures import RoomAnnouncementRow, RoomBulletinRow, RoomMeasureRow


@dataclass(frozen=True)
class Announcement:
    """An announcement; ``kind`` and ``session`` are None where it is for every session.

    One for a group is for the ``attempts`` (ids, separated by spaces) that were in it then. One that tells of
    an ``incident`` is shown until ``ended_at``.
    """

    exam: str
    number: int
    at: datetime
    account: str
    kind: str | None
    session: int | None
    zh: str
    en: str
    group_number: int | None = None
    attempts: str = ""
    incident: int | None = None
    ended_at: datetime | None = None

    @property
    def bulletin(self) -> str:
        """Its name among the bulletins."""
        return f"{'a' if self.incident is None else 'i'}{self.number}"


class Edition(NamedTuple):
    """What changes whenever the announcements do: the newest number, and how many have ended."""

    newest: int
    ended: int


class News(NamedTuple):
    """What a page's call may have to say: the edition of the announcements, and whether a measure is near."""

    edition: Edition
    measure_awaited: bool


class Seen(NamedTuple):
    """On how many pages a bulletin was shown, and read."""

    shown: int
    read: int


_NEWS = Prepared(
    select(
        select(func.max(RoomAnnouncementRow.number))
        .where(RoomAnnouncementRow.exam == bindparam("exam"))
        .scalar_subquery(),
        select(func.count(RoomAnnouncementRow.ended_at))
        .where(RoomAnnouncementRow.exam == bindparam("exam"))
        .scalar_subquery(),
        select(func.max(type_coerce(RoomMeasureRow.drafted_at, BigInteger)))
        .where(RoomMeasureRow.exam == bindparam("exam"), RoomMeasureRow.outcome.is_(None))
        .scalar_subquery(),
    )
)
"""It runs for each group of beats."""
_COLUMNS = tuple(getattr(RoomAnnouncementRow, member.name) for member in fields(Announcement))


def news(connection: Connection, exam: str, since: datetime) -> News:
    """Return, by one statement, the edition and whether a measure drafted since then waits."""
    row = _NEWS.first(connection, exam=exam)
    number, ended, drafted_at = row or (None, 0, None)
    return News(Edition(number or 0, ended), drafted_at is not None and instant(drafted_at) > since)


def list_all(connection: Connection, exam: str) -> list[Announcement]:
    """List an exam's announcements by their numbers, which count from 1 without gaps."""
    query = select(*_COLUMNS).where(RoomAnnouncementRow.exam == exam).order_by(RoomAnnouncementRow.number)
    return [Announcement(*row) for row in connection.execute(query)]


def add(connection: Connection, new: Announcement) -> int:
    """Add an announcement under the next number, whatever number it has; return that."""
    newest = select(func.max(RoomAnnouncementRow.number)).where(RoomAnnouncementRow.exam == new.exam)
    statement = insert_or_ignore(connection, RoomAnnouncementRow, ["exam", "number"])
    added = None
    while added is None:  # another one may take the number meanwhile
        row = {**vars(new), "number": (connection.scalar(newest) or 0) + 1}
        added = connection.scalar(statement.returning(RoomAnnouncementRow.number), row)
    return int(added)


def end(connection: Connection, exam: str, number: int, at: datetime) -> None:
    """Record that an announcement is shown no longer."""
    row = RoomAnnouncementRow
    mine = (row.exam == exam, row.number == number, row.ended_at.is_(None))
    connection.execute(update(row).where(*mine).values(ended_at=at))


def record_shown(connection: Connection, exam: str, attempt: str, bulletin: str, at: datetime) -> bool:
    """Record that an attempt's page shows a bulletin; False if it did before."""
    statement = insert_or_ignore(connection, RoomBulletinRow, ["attempt", "bulletin"])
    row = {"attempt": attempt, "bulletin": bulletin, "exam": exam, "shown_at": at}
    return connection.scalar(statement.returning(RoomBulletinRow.bulletin), row) is not None


def record_read(connection: Connection, attempt: str, bulletin: str, at: datetime) -> None:
    """Record that a candidate has read a bulletin; the first time stays."""
    row = RoomBulletinRow
    mine = (row.attempt == attempt, row.bulletin == bulletin, row.read_at.is_(None))
    connection.execute(update(row).where(*mine).values(read_at=at))


def seen(connection: Connection, exam: str) -> dict[str, Seen]:
    """Count on how many pages each bulletin was shown, and read."""
    row = RoomBulletinRow
    query = select(row.bulletin, func.count(), func.count(row.read_at)).where(row.exam == exam)
    return {name: Seen(*counts) for name, *counts in connection.execute(query.group_by(row.bulletin))}


def still_present(connection: Connection, exam: str, attempts: Collection[str]) -> int:
    """Count which of these attempts are not handed in."""
    row = RoomAttemptRow
    query = select(func.count()).where(
        row.exam == exam, row.handed_in_at.is_(None), in_values(connection, row.id, [*attempts])
    )
    return connection.scalar(query) or 0


def count_present(connection: Connection, exam: str) -> dict[tuple[str, int], int]:
    """Count the attempts of each session, by kind and position, that are not handed in."""
    row = RoomAttemptRow
    query = select(row.kind, row.session, func.count()).where(row.exam == exam, row.handed_in_at.is_(None))
    found = connection.execute(query.group_by(row.kind, row.session))
    return {(kind, session): number for kind, session, number in found}
