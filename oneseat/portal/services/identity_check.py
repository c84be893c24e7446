"""Says whether a typed name and ID number are those of a seat, for an exam room; it hands out nothing else.

The budget is of the seat and the calling program. A login's and an activation's are others, so whatever is
typed in a room delays neither. The work is the same for every answer, and for a seat that is not there.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.services import IdentityCheckThrottled
from oneseat.portal.rules.rate_limits import failure_delay, seconds_until
from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Service
from oneseat.state.candidates import login_budget, seats
from signing.binding import login_tags
from signing.normal_forms import normalise_admission_number

_NO_TAG = bytes(32)
"""Compared with where there is no seat."""


@dataclass(frozen=True)
class TypedIdentity:
    """What a candidate typed in the room. The values are in no representation.

    The seat is that of ``jti``, or, where that is None, of the admission number that was typed too.
    """

    jti: str | None
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    admission_number: str = field(default="", repr=False)


@dataclass(frozen=True)
class IdentityFound:
    """Whether an identity is a seat's, and the jti of its licence; None where it is not."""

    agrees: bool
    jti: str | None


def check_identity(exam: ServedExam, service: Service, typed: TypedIdentity, now: datetime) -> IdentityFound:
    """Compare an identity with a seat's, as the portal's login does, and record that it was compared.

    Raises:
        IdentityCheckThrottled: too many did not agree before; nothing was compared.
    """
    subject = _subject(exam, service, typed)
    with exam.database.writing() as connection:
        spent = login_budget.spend(connection, subject, now, failure_delay)
        if spent.allowed:
            found = _find(exam, connection, typed)
            if found.agrees:
                login_budget.refund(connection, subject)
            # A number that is typed wrong may be anything, so only a seat that was found is named.
            facts: dict[str, audit.Fact] = {"jti": typed.jti or found.jti, "agrees": found.agrees}
            audit.append(connection, now, f"service:{service.id}", "identity.checked", exam.exam, facts)
            return found
    refusal = IdentityCheckThrottled(wait_s=seconds_until(spent.retry_at, now))
    refusal.retry_after_s = seconds_until(spent.retry_at, now)
    raise refusal


def _subject(exam: ServedExam, service: Service, typed: TypedIdentity) -> bytes:
    if typed.jti is None:
        return login_budget.phone_subject(exam.peppered, exam.exam, typed.admission_number, service.id)
    return login_budget.identity_subject(exam.peppered, exam.exam, typed.jti, service.id)


def _find(exam: ServedExam, connection: Connection, typed: TypedIdentity) -> IdentityFound:
    if typed.jti is None:
        number = normalise_admission_number(typed.admission_number)
        seat = seats.find_by_admission_number(connection, exam.exam, number)
    else:
        seat = seats.find_by_jti(connection, exam.exam, typed.jti)
        number = typed.jti if seat is None else seat.admission_number
    stored = _NO_TAG if seat is None else seat.login_tag
    tags = login_tags(exam.peppered, typed.name, typed.id_number, number)
    # A list, not a generator: every tag is compared, so the time does not tell which one matched.
    matches = [hmac.compare_digest(tag, stored) for tag in tags]
    agrees = seat is not None and any(matches)
    return IdentityFound(agrees, seat.jti if seat is not None and agrees else None)
