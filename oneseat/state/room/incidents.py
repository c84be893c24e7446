"""Incidents of the room: proposed once for a cause, opened and closed by people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from oneseat.state.dialect import insert_unless_taken
from oneseat.state.room.symptoms import Figures
from oneseat.state.tables.room_incidents import RoomIncidentRow

ENDED = "ended"
"""In place of a refusal: somebody ended the incident at the portal, which shows it no more."""


@dataclass(frozen=True)
class Opening:
    """What opens an incident: who, with which words, and under which number they are announced."""

    at: datetime
    by: str
    zh: str
    en: str
    announcement: int


@dataclass(frozen=True)
class Incident:
    """A stored incident: proposed, open (``opened_at``), or closed (``closed_at``).

    The portal has it, as it is now, since ``sent_at``; until then it is due there at ``next_try_at``, and
    ``refusal`` is the code of what last prevented it. While it is open it is sent again, to learn whether the
    portal shows it still. With the refusal :data:`ENDED` it does not, which the room knows since ``sent_at``.
    """

    exam: str
    number: int
    cause: str
    build: str | None
    proposed_at: datetime
    seats: int
    first_at: datetime
    last_at: datetime
    opened_at: datetime | None
    opened_by: str | None
    zh: str | None
    en: str | None
    announcement: int | None
    closed_at: datetime | None
    closed_by: str | None
    closed_reason: str | None
    next_try_at: datetime | None
    sent_at: datetime | None
    refusal: str | None

    @property
    def opening(self) -> Opening:
        """What opened it.

        Raises:
            ValueError: nobody has opened it.
        """
        if None in (parts := (self.opened_at, self.opened_by, self.zh, self.en, self.announcement)):
            raise ValueError("a proposal")
        return Opening(*parts)  # type: ignore[arg-type]

    @property
    def changed_at(self) -> datetime:
        """Since when it is as it is now."""
        return self.closed_at or self.opened_at or self.proposed_at

    @property
    def is_open(self) -> bool:
        """Whether candidates read of it now."""
        return self.opened_at is not None and self.closed_at is None

    @property
    def is_ended_at_portal(self) -> bool:
        """Whether it is open in the room alone: somebody ended it at the portal."""
        return self.is_open and self.refusal == ENDED

    @property
    def is_proposed(self) -> bool:
        """Whether it waits for a person's decision."""
        return self.opened_at is None and self.closed_at is None


@dataclass(frozen=True)
class Proposal:
    """A cause that many seats share; ``build`` is the client's, where nearly all of them have the same."""

    cause: str
    build: str | None
    figures: Figures


_COLUMNS = tuple(getattr(RoomIncidentRow, member.name) for member in fields(Incident))


def propose(
    connection: Connection, exam: str, new: Proposal, at: datetime, quiet_since: datetime
) -> int | None:
    """Add a proposal and return its number; None where its cause has an incident, or had since then.

    The last incident of the cause is locked: one that a person closes meanwhile is seen as closed.
    """
    row = RoomIncidentRow
    last = of_exam(exam).where(row.cause == new.cause).order_by(row.number.desc()).limit(1).with_for_update()
    found = connection.execute(last).first()
    if found is not None:
        known = Incident(*found)
        if known.closed_at is None or known.closed_at > quiet_since:
            return None
    newest = connection.scalar(select(func.max(row.number)).where(row.exam == exam)) or 0
    values = {"exam": exam, "number": newest + 1, "cause": new.cause, "build": new.build, "proposed_at": at}
    statement = insert_unless_taken(connection, row).returning(row.number)
    # Where another process was first, its proposal stands; another cause's comes with the next round.
    return connection.scalar(statement, values | new.figures._asdict())


def find(connection: Connection, exam: str, number: int) -> Incident | None:
    """Return an incident, or None."""
    found = connection.execute(of_exam(exam).where(RoomIncidentRow.number == number)).first()
    return None if found is None else Incident(*found)


def lock(connection: Connection, exam: str, number: int) -> Incident | None:
    """As :func:`find`; others who would change it wait for this transaction."""
    query = of_exam(exam).where(RoomIncidentRow.number == number).with_for_update()
    found = connection.execute(query).first()
    return None if found is None else Incident(*found)


def list_unclosed(connection: Connection, exam: str) -> list[Incident]:
    """List proposed and open incidents, the newest first."""
    query = of_exam(exam).where(RoomIncidentRow.closed_at.is_(None)).order_by(RoomIncidentRow.number.desc())
    return [Incident(*found) for found in connection.execute(query)]


def list_closed(connection: Connection, exam: str, limit: int) -> list[Incident]:
    """List the newest closed incidents."""
    query = (
        of_exam(exam).where(RoomIncidentRow.closed_at.is_not(None)).order_by(RoomIncidentRow.number.desc())
    )
    return [Incident(*found) for found in connection.execute(query.limit(limit))]


def open_it(connection: Connection, incident: Incident, opening: Opening) -> None:
    """Record that a locked proposal was opened."""
    _change(
        connection,
        incident,
        opened_at=opening.at,
        opened_by=opening.by,
        zh=opening.zh,
        en=opening.en,
        announcement=opening.announcement,
        **_due(opening.at),
    )


def close(
    connection: Connection,
    incident: Incident,
    at: datetime,
    by: str | None,
    reason: str,
    last: Figures | None,
) -> None:
    """Record that a locked incident was closed, with its last figures; ``by`` is None where it lapsed.

    Where it was open the portal is to learn of it, whether it has the opening or not.
    """
    values: dict[str, object] = {} if last is None else last._asdict()
    if incident.is_open:
        values |= _due(at)
    _change(
        connection,
        incident,
        closed_at=at,
        closed_by=by,
        closed_reason=reason,
        **values,
    )


def _due(at: datetime) -> dict[str, object]:
    return {"tries": 0, "next_try_at": at, "sent_at": None, "refusal": None}


def _change(connection: Connection, incident: Incident, **values: object) -> None:
    row = RoomIncidentRow
    mine = (row.exam == incident.exam, row.number == incident.number)
    connection.execute(update(row).where(*mine).values(values))


def of_exam(exam: str) -> Select[Any]:
    """The columns of an :class:`Incident`, of all incidents of an exam."""
    return select(*_COLUMNS).where(RoomIncidentRow.exam == exam)
