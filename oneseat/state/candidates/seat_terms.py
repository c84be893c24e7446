"""Queries of seat terms: the formal session, paper, extra time and adjustments that a roster gave a seat.

A row is never deleted before a purge, so that the newest change is always found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Update, and_, func, insert, or_, select, update

from oneseat.state.candidates.term_rows import NO_TERMS, NewTerms, SealedTerms
from oneseat.state.dialect import in_values
from oneseat.state.tables.issuing import Seat, SeatTermsRow
from oneseat.state.tables.publishing import CurrentRelease

_VALUES = (
    SeatTermsRow.session,
    SeatTermsRow.paper,
    SeatTermsRow.sealed_extra,
    SeatTermsRow.sealed_adjustments,
)


_LEAST = timedelta(microseconds=1)


class TermsVersion(NamedTuple):
    """What changes whenever a published seat's terms may have: rows, newest change, and release."""

    rows: int
    changed_at: datetime | None
    release: int | None


class SeatOfRoom(NamedTuple):
    """A published seat with terms, as rooms are told of it."""

    admission_number: str
    jti: str
    terms: SealedTerms


def replace(
    connection: Connection, exam: str, columns: Iterable[str], new: Sequence[NewTerms], at: datetime
) -> None:
    """Write the ``columns`` of seats' terms; what a roster has no column for stays."""
    names = tuple(columns)
    if not names or not new:
        return
    known = find_many(connection, exam, [terms.admission_number for terms in new])
    at = _after_newest(connection, exam, at)
    added: list[dict[str, object]] = []
    for number, terms in new:
        before = known.get(number, NO_TERMS)
        after = before._replace(**{name: getattr(terms, name) for name in names})
        if after == before:
            continue
        row = {**after._asdict(), "changed_at": at}
        if number in known:
            connection.execute(_row_of(exam, number).values(**row))
        else:
            added.append({"exam": exam, "admission_number": number, **row})
    if added:
        connection.execute(insert(SeatTermsRow), added)


def clear(connection: Connection, exam: str, admission_numbers: Sequence[str], at: datetime) -> None:
    """Take away all terms of seats whose numbers have become another person's."""
    at = _after_newest(connection, exam, at)
    for number in find_many(connection, exam, admission_numbers) if admission_numbers else ():
        connection.execute(_row_of(exam, number).values(**NO_TERMS._asdict(), changed_at=at))


def find(connection: Connection, exam: str, admission_number: str) -> SealedTerms:
    """A seat's terms; those of a seat without any are :data:`NO_TERMS`."""
    return find_many(connection, exam, [admission_number]).get(admission_number, NO_TERMS)


def list_extra(connection: Connection, exam: str) -> list[tuple[str, bytes]]:
    """List the seats with extra time: admission number and encrypted minutes."""
    extra = SeatTermsRow.sealed_extra
    query = select(SeatTermsRow.admission_number, extra).where(SeatTermsRow.exam == exam, extra.is_not(None))
    return [(number, sealed) for number, sealed in connection.execute(query) if sealed is not None]


def count(connection: Connection, exam: str) -> int:
    """Count the seats that have terms."""
    some = or_(*(column.is_not(None) for column in _VALUES))
    query = select(func.count()).select_from(SeatTermsRow).where(SeatTermsRow.exam == exam, some)
    return connection.scalar(query) or 0


def version(connection: Connection, exam: str) -> TermsVersion:
    """The version of all terms of an exam."""
    changed = select(func.count(), func.max(SeatTermsRow.changed_at)).where(SeatTermsRow.exam == exam)
    rows, changed_at = connection.execute(changed).one()
    release = select(CurrentRelease.release_id).where(CurrentRelease.exam == exam)
    return TermsVersion(rows, changed_at, connection.scalar(release))


def page(connection: Connection, exam: str, after: str, limit: int) -> list[SeatOfRoom]:
    """List published seats that have or had terms, by admission number from ``after`` on."""
    query = (
        select(Seat.admission_number, Seat.published_jti, *_VALUES)
        .join(
            SeatTermsRow,
            and_(SeatTermsRow.exam == Seat.exam, SeatTermsRow.admission_number == Seat.admission_number),
        )
        .where(Seat.exam == exam, Seat.published_jti.is_not(None), SeatTermsRow.admission_number > after)
        .order_by(SeatTermsRow.admission_number)
        .limit(limit)
    )
    return [
        SeatOfRoom(row[0], row[1], SealedTerms(*row[2:]))
        for row in connection.execute(query)
        if row[1] is not None
    ]


def find_many(connection: Connection, exam: str, numbers: Sequence[str]) -> Mapping[str, SealedTerms]:
    """Map those of the admission numbers that have, or had, terms to them."""
    query = select(SeatTermsRow.admission_number, *_VALUES).where(
        SeatTermsRow.exam == exam, in_values(connection, SeatTermsRow.admission_number, numbers)
    )
    return {row[0]: SealedTerms(*row[1:]) for row in connection.execute(query)}


def _after_newest(connection: Connection, exam: str, at: datetime) -> datetime:
    """The time of a change: later than every earlier one, whatever the clock says, so that it is noticed."""
    newest = version(connection, exam).changed_at
    return at if newest is None else max(at, newest + _LEAST)


def _row_of(exam: str, number: str) -> Update:
    return update(SeatTermsRow).where(SeatTermsRow.exam == exam, SeatTermsRow.admission_number == number)
