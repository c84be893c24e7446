"""Queries of published seats. Licences that are only issued are invisible here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    type_coerce,
)

from oneseat.state.candidates.term_rows import NO_TERMS, SealedTerms
from oneseat.state.prepared import Prepared
from oneseat.state.tables.activation import Allowance, Download, SessionEpoch
from oneseat.state.tables.base import instant
from oneseat.state.tables.issuing import Edition, Licence, Revocation, Seat, SeatTermsRow
from oneseat.state.tables.publishing import CurrentRelease, Release

WITHDRAWN, BY_OPERATOR = "roster", "operator"
"""Reasons of revocations: the roster no longer names the seat, or an operator wanted it."""


class PublishedSeat(NamedTuple):
    """A seat in the current release.

    ``login_tag`` is compared with :func:`signing.binding.login_tag`. ``sealed_key`` is decrypted
    with the portal's delivery key and the jti as associated data. ``token`` is the licence for
    ``base`` (hexadecimal Authenticode SHA-256). ``granted_at`` is the gate's latest grant,
    ``admitted_until`` an operator's allowance beyond the windows. ``withdrawn`` means that the
    release's installers were withdrawn. ``session_epoch`` is the epoch of login sessions that are
    valid (:mod:`oneseat.state.candidates.sessions`). ``terms`` are what a roster gave the seat.
    """

    exam: str
    admission_number: str
    jti: str
    login_tag: bytes
    sealed_key: bytes
    token: str
    base: str
    revoked: bool
    release: int
    granted_at: datetime | None
    admitted_until: datetime | None
    withdrawn: bool = False
    session_epoch: int = 0
    terms: SealedTerms = NO_TERMS


def find_by_admission_number(
    connection: Connection, exam: str, admission_number: str
) -> PublishedSeat | None:
    """Find the published seat of a normalised admission number, with the current licence."""
    row = _BY_ADMISSION_NUMBER.first(connection, exam=exam, admission_number=admission_number)
    return row and _seat(row)


def find_by_jti(connection: Connection, exam: str, jti: str) -> PublishedSeat | None:
    """Find the published seat whose licence has this jti, with the current release's licence.

    A jti that was replaced by a re-issue, or was never published, is not found.
    """
    row = _BY_JTI.first(connection, exam=exam, jti=jti)
    return row and _seat(row)


def issued_for_base(connection: Connection, jti: str, base: str) -> bool:
    """Whether a licence with this jti was ever issued for this base.

    An installer downloaded before a hotfix has an older base. It stays valid while the seat's jti
    is the published one and the charter accepts its build.
    """
    issued = connection.scalar(
        select(Licence.jti)
        .join(Edition, Edition.id == Licence.edition_id)
        .where(Licence.jti == jti, Edition.base == base)
        .limit(1)
    )
    return issued is not None


def count(connection: Connection, exam: str) -> int:
    """Count the exam's seats, published or not."""
    return connection.scalar(select(func.count()).select_from(Seat).where(Seat.exam == exam)) or 0


def number_form(connection: Connection, exam: str) -> tuple[int, int, bool] | None:
    """The lengths of the exam's shortest and longest admission number, and whether all are digits.

    None where there are no seats. Reads every seat of the exam, so the result should be cached.
    Admission numbers have the characters A-Z, 0-9 and hyphen.
    """
    number, length = Seat.admission_number, func.length(Seat.admission_number)
    other = or_(func.lower(number) != func.upper(number), number.contains("-"))
    shortest, longest, others = connection.execute(
        select(func.min(length), func.max(length), func.max(case((other, 1), else_=0))).where(
            Seat.exam == exam
        )
    ).one()
    return None if shortest is None else (shortest, longest, not others)


def revoke(connection: Connection, exam: str, jti: str, at: datetime, reason: str) -> None:
    """Revoke a jti permanently; the first reason stays."""
    revoked = connection.scalar(select(Revocation.jti).where(Revocation.jti == jti))
    if revoked is None:
        connection.execute(insert(Revocation), {"jti": jti, "exam": exam, "at": at, "reason": reason})


_Columns = tuple[
    str,
    str,
    str,
    bytes,
    bytes,
    str,
    str,
    str | None,
    int,
    int | None,
    int | None,
    str,
    int | None,
    int | None,
    str | None,
    bytes | None,
    bytes | None,
]


def _in_current_release() -> Select[*_Columns]:
    return (
        select(
            Seat.exam,
            Seat.admission_number,
            Licence.jti,
            Licence.login_tag,
            Licence.sealed_key,
            Licence.token,
            Edition.base,
            Revocation.jti.label("revoked"),
            Release.id.label("release"),
            type_coerce(Download.last_granted_at, BigInteger).label("granted_at"),
            type_coerce(Allowance.until, BigInteger).label("admitted_until"),
            Release.object_name,
            SessionEpoch.epoch,
            SeatTermsRow.session,
            SeatTermsRow.paper,
            SeatTermsRow.sealed_extra,
            SeatTermsRow.sealed_adjustments,
        )
        .select_from(Licence)
        .join(
            Seat,
            and_(
                Seat.exam == Licence.exam,
                Seat.admission_number == Licence.admission_number,
                Seat.published_jti == Licence.jti,
            ),
        )
        .join(CurrentRelease, CurrentRelease.exam == Seat.exam)
        .join(
            Release,
            and_(Release.id == CurrentRelease.release_id, Release.edition_id == Licence.edition_id),
        )
        .join(Edition, Edition.id == Release.edition_id)
        .outerjoin(Revocation, Revocation.jti == Licence.jti)
        .outerjoin(Download, Download.jti == Licence.jti)
        .outerjoin(SessionEpoch, SessionEpoch.jti == Licence.jti)
        .outerjoin(
            SeatTermsRow,
            and_(SeatTermsRow.exam == Seat.exam, SeatTermsRow.admission_number == Seat.admission_number),
        )
        .outerjoin(
            Allowance,
            and_(Allowance.exam == Seat.exam, Allowance.admission_number == Seat.admission_number),
        )
    )


def _seat(row: Sequence[Any]) -> PublishedSeat:
    (
        exam,
        number,
        jti,
        login_tag,
        sealed_key,
        token,
        base,
        revoked,
        release,
        granted_at,
        until,
        file,
        epoch,
        *terms,
    ) = row
    return PublishedSeat(
        exam,
        number,
        jti,
        login_tag,
        sealed_key,
        token,
        base,
        revoked is not None,
        release,
        None if granted_at is None else instant(granted_at),
        None if until is None else instant(until),
        not file,
        epoch or 0,
        SealedTerms(*terms),
    )


_BY_ADMISSION_NUMBER = Prepared(
    _in_current_release().where(
        Seat.exam == bindparam("exam"), Seat.admission_number == bindparam("admission_number")
    )
)
_BY_JTI = Prepared(
    _in_current_release().where(
        Seat.exam == bindparam("exam"), Licence.jti == bindparam("jti"), Licence.exam == bindparam("exam")
    )
)
