"""Budgets of failed identity checks and of re-bindings: for login, activation, and throttle keys.

Checks of different worth have budgets of their own. A login takes three typed words, so any stranger
can fail at one. An activation takes the seat's licence as well, so only its holders can. Neither spends
what the other needs. Re-binding a seat to a computer that lost its key has daily budgets: token buckets that
regain their tokens evenly over 24 hours, whose ``next_at`` is the time at which the bucket is full again
(GCRA, the virtual scheduling of ITU-T I.371).

The key of a row is a keyed hash, for two reasons. A mistyped field may hold an ID number. And numbers
without a seat are counted like others, so that a delay does not reveal which numbers exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, delete, select, type_coerce, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.prepared import Prepared
from oneseat.state.tables.activation import LoginBudget
from oneseat.state.tables.base import instant
from signing.binding import KeyedHash, keyed_hash
from signing.normal_forms import normalise_admission_number

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SpendResult:
    """Whether a check is allowed now. ``failures`` includes it until it is refunded."""

    allowed: bool
    failures: int
    retry_at: datetime


class BudgetState(NamedTuple):
    """A row of the budget: failures so far, and when the next attempt is allowed."""

    failures: int
    next_at: datetime


def subject(pepper: bytes | KeyedHash, exam: str, admission_number: str) -> bytes:
    """The key under which failed logins at a seat are counted (32 bytes)."""
    number = normalise_admission_number(admission_number)
    return keyed_hash(pepper, b"oneseat/proof-budget/v1", exam.encode(), number.encode())


def activation_subject(pepper: bytes | KeyedHash, exam: str, jti: str) -> bytes:
    """The key under which failed activations with one seat's licence are counted (32 bytes)."""
    return keyed_hash(pepper, b"oneseat/activation-budget/v1", exam.encode(), jti.encode())


def rebind_subject(pepper: bytes | KeyedHash, exam: str, jti: str) -> bytes:
    """The key under which re-bindings of a seat are counted (32 bytes)."""
    return keyed_hash(pepper, b"oneseat/rebind-budget/v1", exam.encode(), jti.encode())


def mismatch_subject(pepper: bytes | KeyedHash, exam: str, jti: str) -> bytes:
    """The key under which comparisons of traits that found another computer are counted (32 bytes)."""
    return keyed_hash(pepper, b"oneseat/trait-mismatch-budget/v1", exam.encode(), jti.encode())


def identity_subject(pepper: bytes | KeyedHash, exam: str, jti: str, service: str) -> bytes:
    """The key under which a program's identity checks at a seat that did not agree are counted (32 bytes)."""
    return keyed_hash(
        pepper, b"oneseat/identity-check-budget/v1", exam.encode(), jti.encode(), service.encode()
    )


def phone_subject(pepper: bytes | KeyedHash, exam: str, admission_number: str, service: str) -> bytes:
    """The key under which a program's checks of an admission number that did not agree are counted.

    Any stranger can type numbers on a phone's page, so what is typed there delays neither the portal's login
    nor the check of a seat that a ticket names.
    """
    number = normalise_admission_number(admission_number)
    parts = (exam.encode(), number.encode(), service.encode())
    return keyed_hash(pepper, b"oneseat/phone-login-budget/v1", *parts)


def throttle_key(pepper: bytes | KeyedHash, exam: str, admission_number: str, address: str) -> bytes:
    """The key under which attempts at one seat from one network address are counted (32 bytes)."""
    number = normalise_admission_number(admission_number)
    parts = (exam.encode(), number.encode(), address.encode())
    return keyed_hash(pepper, b"oneseat/proof-lane/v1", *parts)


def browser_key(pepper: bytes | KeyedHash, exam: str, admission_number: str, browser: str) -> bytes:
    """The key under which attempts at one seat from a browser known to it are counted (32 bytes)."""
    number = normalise_admission_number(admission_number)
    parts = (exam.encode(), number.encode(), browser.encode())
    return keyed_hash(pepper, b"oneseat/known-browser-budget/v1", *parts)


def read(connection: Connection, subject: bytes, now: datetime) -> BudgetState:
    """Read a key's row; a missing row has no failures and allows an attempt ``now``."""
    row = _READ.first(connection, subject=subject)
    return BudgetState(0, now) if row is None else BudgetState(row[0], instant(row[1]))


def count(connection: Connection, subject: bytes, now: datetime) -> None:
    """Count an attempt that was allowed under another key; this row's delay does not change."""
    fresh = {"subject": subject, "failures": 0, "last_at": now, "next_at": now}
    connection.execute(insert_or_ignore(connection, LoginBudget, ["subject"]), fresh)
    connection.execute(
        update(LoginBudget)
        .where(LoginBudget.subject == subject)
        .values(failures=LoginBudget.failures + 1, last_at=now)
    )


def uncount(connection: Connection, subject: bytes) -> None:
    """Undo :func:`count`: the identity was right."""
    connection.execute(
        update(LoginBudget)
        .where(LoginBudget.subject == subject, LoginBudget.failures > 0)
        .values(failures=LoginBudget.failures - 1)
    )


def spend(
    connection: Connection, subject: bytes, now: datetime, delay: Callable[[int], timedelta]
) -> SpendResult:
    """Count an attempt as failed before the identity is checked.

    ``delay`` maps the number of failures to the wait before the next attempt. Counting first means
    that simultaneous guesses are counted one by one. Commit this before the check, or check in the
    same transaction. Call :func:`refund` when the identity was right.
    """
    _insert_fresh(connection, subject, now)
    failures, next_at = connection.execute(
        select(LoginBudget.failures, LoginBudget.next_at)
        .where(LoginBudget.subject == subject)
        .with_for_update()
    ).one()
    if now < next_at:
        return SpendResult(allowed=False, failures=failures, retry_at=next_at)
    wait = delay(failures + 1)
    spent = SpendResult(allowed=True, failures=failures + 1, retry_at=now + wait)
    # Without a wait next_at does not move: a request with a slightly earlier time may run later.
    open_from = spent.retry_at if wait else next_at
    connection.execute(
        update(LoginBudget)
        .where(LoginBudget.subject == subject)
        .values(failures=spent.failures, last_at=now, next_at=open_from)
    )
    return spent


def refund(connection: Connection, subject: bytes) -> None:
    """Undo :func:`spend`: the identity was right. Earlier failures stay counted.

    The next attempt was allowed before, so it is allowed again, at any time.
    """
    connection.execute(
        update(LoginBudget)
        .where(LoginBudget.subject == subject, LoginBudget.failures > 0)
        .values(failures=LoginBudget.failures - 1, next_at=instant(0))
    )


def has_daily_token(connection: Connection, subject: bytes, now: datetime, a_day: int) -> bool:
    """Whether a daily budget of ``a_day`` tokens has one left."""
    full_at = connection.scalar(select(LoginBudget.next_at).where(LoginBudget.subject == subject))
    return full_at is None or _next_full(full_at, now, a_day) <= now + _DAY


def take_daily_token(connection: Connection, subject: bytes, now: datetime, a_day: int) -> bool:
    """Take a token of a daily budget, and lock its row; False where none is left."""
    _insert_fresh(connection, subject, now)
    full_at = connection.execute(
        select(LoginBudget.next_at).where(LoginBudget.subject == subject).with_for_update()
    ).scalar_one()
    then = _next_full(full_at, now, a_day)
    if then > now + _DAY:
        return False
    connection.execute(
        update(LoginBudget)
        .where(LoginBudget.subject == subject)
        .values(failures=LoginBudget.failures + 1, last_at=now, next_at=then)
    )
    return True


def _next_full(full_at: datetime, now: datetime, a_day: int) -> datetime:
    return max(full_at, now) + _DAY / a_day


def _insert_fresh(connection: Connection, subject: bytes, now: datetime) -> None:
    fresh = {"subject": subject, "failures": 0, "last_at": now, "next_at": instant(0)}
    connection.execute(insert_or_ignore(connection, LoginBudget, ["subject"]), fresh)


def failures(connection: Connection, subject: bytes) -> int:
    """Count the failed checks under this key."""
    return connection.scalar(select(LoginBudget.failures).where(LoginBudget.subject == subject)) or 0


def reset(connection: Connection, subject: bytes) -> None:
    """Delete the failures of a key."""
    connection.execute(delete(LoginBudget).where(LoginBudget.subject == subject))


def reset_seat(
    connection: Connection, pepper: bytes | KeyedHash, exam: str, admission_number: str, jti: str
) -> None:
    """Delete a seat's failed logins, failed activations and re-bindings, for support."""
    reset(connection, subject(pepper, exam, admission_number))
    for of_jti in (activation_subject, rebind_subject, mismatch_subject):
        reset(connection, of_jti(pepper, exam, jti))


def seat_failures(
    connection: Connection, pepper: bytes | KeyedHash, exam: str, admission_number: str, jti: str
) -> int:
    """Count a seat's failed logins and failed activations, for support."""
    login = failures(connection, subject(pepper, exam, admission_number))
    return login + failures(connection, activation_subject(pepper, exam, jti))


_READ = Prepared(
    select(LoginBudget.failures, type_coerce(LoginBudget.next_at, BigInteger)).where(
        LoginBudget.subject == bindparam("subject")
    )
)
