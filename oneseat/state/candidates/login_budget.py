"""The budget of failed identity proofs per seat, spent by login and activation together.

Rows are keyed by a keyed hash of exam and admission number, for two reasons: a mistyped
field may hold an ID number, and numbers without a seat are counted like those with one,
so that the delay says nothing about which exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, delete, select, type_coerce, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.prepared import Prepared
from oneseat.state.tables.seats import ProofBudget, instant
from signing.binding import KeyedHash, keyed_hash, normalise_admission_number


@dataclass(frozen=True)
class Attempt:
    """Whether a proof may be looked at now; ``failures`` counts this one as failed until it is refunded."""

    allowed: bool
    failures: int
    retry_at: datetime


class Standing(NamedTuple):
    """How a row stands: failures so far, and when the next attempt is looked at."""

    failures: int
    next_at: datetime


def subject(pepper: bytes | KeyedHash, exam: str, admission_number: str) -> bytes:
    """The key under which a seat's failed proofs are counted (32 bytes)."""
    number = normalise_admission_number(admission_number)
    return keyed_hash(pepper, b"oneseat/proof-budget/v1", exam.encode(), number.encode())


def lane(pepper: bytes | KeyedHash, exam: str, admission_number: str, address: str) -> bytes:
    """The key under which attempts at one seat from one network address are counted (32 bytes)."""
    number = normalise_admission_number(admission_number)
    parts = (exam.encode(), number.encode(), address.encode())
    return keyed_hash(pepper, b"oneseat/proof-lane/v1", *parts)


def standing(connection: Connection, subject: bytes, now: datetime) -> Standing:
    """How a row stands; one that is not there has no failures and is open ``now``."""
    row = _STANDING.first(connection, subject=subject)
    return Standing(0, now) if row is None else Standing(row[0], instant(row[1]))


def count(connection: Connection, subject: bytes, now: datetime) -> None:
    """Count an attempt that another row let through; the row's own delay stays as it is."""
    fresh = {"subject": subject, "failures": 0, "last_at": now, "next_at": now}
    connection.execute(insert_or_ignore(connection, ProofBudget, ["subject"]), fresh)
    connection.execute(
        update(ProofBudget)
        .where(ProofBudget.subject == subject)
        .values(failures=ProofBudget.failures + 1, last_at=now)
    )


def uncount(connection: Connection, subject: bytes) -> None:
    """Take back what :func:`count` counted: the proof held."""
    connection.execute(
        update(ProofBudget)
        .where(ProofBudget.subject == subject, ProofBudget.failures > 0)
        .values(failures=ProofBudget.failures - 1)
    )


def spend(
    connection: Connection, subject: bytes, now: datetime, delay: Callable[[int], timedelta]
) -> Attempt:
    """Take one attempt from the budget before the proof is looked at.

    ``delay`` maps the number of failures so far to how long the next attempt has to
    wait. Spending first means that a hundred simultaneous guesses are a hundred
    attempts, not one. Commit this before looking at the proof; call :func:`refund`
    when the proof holds.
    """
    fresh = {"subject": subject, "failures": 0, "last_at": now, "next_at": instant(0)}
    connection.execute(insert_or_ignore(connection, ProofBudget, ["subject"]), fresh)
    failures, next_at = connection.execute(
        select(ProofBudget.failures, ProofBudget.next_at)
        .where(ProofBudget.subject == subject)
        .with_for_update()
    ).one()
    if now < next_at:
        return Attempt(allowed=False, failures=failures, retry_at=next_at)
    wait = delay(failures + 1)
    spent = Attempt(allowed=True, failures=failures + 1, retry_at=now + wait)
    # Without a wait the row stays open: who came a moment earlier and gets here later is not early.
    open_from = spent.retry_at if wait else next_at
    connection.execute(
        update(ProofBudget)
        .where(ProofBudget.subject == subject)
        .values(failures=spent.failures, last_at=now, next_at=open_from)
    )
    return spent


def refund(connection: Connection, subject: bytes) -> None:
    """Give one attempt back: the proof held. Failures of others before it stay counted.

    It was open when it was spent, so it is open again, also to who came a moment earlier.
    """
    connection.execute(
        update(ProofBudget)
        .where(ProofBudget.subject == subject, ProofBudget.failures > 0)
        .values(failures=ProofBudget.failures - 1, next_at=instant(0))
    )


def failures(connection: Connection, subject: bytes) -> int:
    """How many proofs of this seat have failed."""
    return connection.scalar(select(ProofBudget.failures).where(ProofBudget.subject == subject)) or 0


def reset(connection: Connection, subject: bytes) -> None:
    """Forget the failures: support has spoken with the candidate."""
    connection.execute(delete(ProofBudget).where(ProofBudget.subject == subject))


_STANDING = Prepared(
    select(ProofBudget.failures, type_coerce(ProofBudget.next_at, BigInteger)).where(
        ProofBudget.subject == bindparam("subject")
    )
)
