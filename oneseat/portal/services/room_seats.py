"""Lists for exam rooms what rosters gave to seats: formal session, paper, extra time, adjustments.

Pages are ordered by admission number. A cursor is the last one, encrypted, so that nothing of it is legible.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.state.candidates import seat_terms
from oneseat.state.candidates.seat_terms import SeatOfRoom, TermsVersion
from oneseat.web.refusals import RequestInvalid
from signing.authority.errors import SealBroken
from signing.authority.sealing import seal, unseal
from signing.jws import b64url_decode, b64url_encode
from signing.refusals import TokenMalformed

_CURSOR = b"oneseat/room-seats-cursor/v1"


@dataclass(frozen=True)
class ListedSeat:
    """A published seat with terms. ``session`` counts from 0, as in tickets."""

    jti: str
    session: int | None
    paper: str | None
    extra_minutes: int
    adjustments: tuple[str, ...]


@dataclass(frozen=True)
class SeatPage:
    """A page of seats. ``version`` changes with any seat's terms; ``after`` is None on the last page."""

    version: str
    seats: tuple[ListedSeat, ...]
    after: str | None


def list_seats(exam: ServedExam, after: str, limit: int) -> SeatPage:
    """List at most ``limit`` seats that have or had terms, behind the cursor ``after``; empty for the first.

    Raises:
        RequestInvalid: the cursor is none of this exam's.
    """
    number = _opened(exam, after) if after else ""
    with exam.database.reading() as connection:
        version = seat_terms.version(connection, exam.exam)
        rows = seat_terms.page(connection, exam.exam, number, limit + 1)
    listed = tuple(_listed(exam, row) for row in islice(rows, limit))
    more = len(rows) > limit
    return SeatPage(_text(version), listed, _sealed(exam, rows[limit - 1]) if more else None)


def version_of(exam: ServedExam) -> str:
    """The version of all seats' terms, as in :class:`SeatPage`."""
    with exam.database.reading() as connection:
        return _text(seat_terms.version(connection, exam.exam))


def _listed(exam: ServedExam, row: SeatOfRoom) -> ListedSeat:
    sealer, number, terms = exam.terms_sealer, row.admission_number, row.terms
    extra = sealer.open_extra(number, terms.sealed_extra)
    adjustments = sealer.open_adjustments(number, terms.sealed_adjustments)
    return ListedSeat(row.jti, terms.session, terms.paper, extra, adjustments)


def _text(version: TermsVersion) -> str:
    return hashlib.sha256(repr(version).encode()).hexdigest()[:32]


def _sealed(exam: ServedExam, row: SeatOfRoom) -> str:
    return b64url_encode(seal(exam.delivery_key, row.admission_number.encode(), _CURSOR + exam.exam.encode()))


def _opened(exam: ServedExam, after: str) -> str:
    try:
        return unseal(exam.delivery_key, b64url_decode(after), _CURSOR + exam.exam.encode()).decode()
    except (TokenMalformed, SealBroken):
        raise RequestInvalid(where="after") from None
