"""Logging in at the desk: a password, a code where one is asked for, and delays that never lock for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.desk import DeskLoginDelayed, DeskLoginRefused
from oneseat.portal.rules.rate_limits import failure_delay, seconds_until
from oneseat.state.accounts import audit, credentials, operators
from oneseat.state.accounts.operators import Operator
from oneseat.state.candidates import login_budget
from oneseat.state.candidates.login_budget import SpendResult
from signing.binding import keyed_hash

LONGEST_OPERATOR_DELAY = timedelta(minutes=1)
"""Failures are counted by operator and by address. An address that goes on failing waits for up to a
quarter of an hour; an operator's name never for longer than this, or a stranger who knows it could shut its
owner out on the day. A guess a minute is hopeless against a password of twelve characters."""

_MAX_TYPED = 200


@dataclass(frozen=True)
class Credentials:
    """What was typed at the desk's door."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)


def log_in(exam: ServedExam, typed: Credentials, address: str, now: datetime, wall: datetime) -> str:
    """The token of a new session.

    ``wall`` is the time that authenticator apps go by, which in a rehearsal is not the
    portal's. Every attempt that is looked at is in the audit log, by the operator's name
    where there is one of that name: what else is typed there may be a password.

    Raises:
        DeskLoginRefused: something is wrong, and it is not said what.
        DeskLoginDelayed: too many failed before; nothing was looked at.
    """
    name = typed.name.strip().lower()[:_MAX_TYPED]
    counted = _Counted.of(exam, name, address)
    counted.spend(exam, now)
    found = _account(exam, name)
    holds = credentials.password_holds(found.password if found else None, typed.password[:_MAX_TYPED])
    step = _step(exam, found, typed.code[:_MAX_TYPED], wall)
    with exam.database.writing() as connection:
        if found is not None and holds and step is not None and found.disabled_at is None:
            fresh = found.sealed_totp is None or operators.use_step(connection, exam.exam, name, step)
            if fresh:
                for subject in counted.subjects:
                    login_budget.reset(connection, subject)
                audit.append(connection, now, found.actor, "desk.login", exam.exam, {})
                return operators.open_session(connection, exam.exam, name, now)
        actor = found.actor if found else "operator:unknown"
        audit.append(connection, now, actor, "desk.login.refused", exam.exam, {})
    raise DeskLoginRefused


def _account(exam: ServedExam, name: str) -> Operator | None:
    if not operators.NAME.fullmatch(name):
        return None
    with exam.database.reading() as connection:
        return operators.find(connection, exam.exam, name)


def log_out(exam: ServedExam, operator: Operator, token: str, now: datetime) -> None:
    """End a session."""
    with exam.database.writing() as connection:
        operators.end_session(connection, token)
        audit.append(connection, now, operator.actor, "desk.logout", exam.exam, {})


def operator_delay(failures: int) -> timedelta:
    """How long an operator's next attempt waits after so many failed ones."""
    return min(failure_delay(failures), LONGEST_OPERATOR_DELAY)


@dataclass(frozen=True)
class _Counted:
    """What a failed login is counted under: keyed hashes, since a name field may hold a password."""

    operator: bytes
    address: bytes

    @classmethod
    def of(cls, exam: ServedExam, name: str, address: str) -> _Counted:
        def subject(kind: bytes, text: str) -> bytes:
            return keyed_hash(exam.pepper, b"oneseat/desk-budget/v1", kind, exam.exam.encode(), text.encode())

        return cls(subject(b"operator", name), subject(b"address", address))

    @property
    def subjects(self) -> tuple[bytes, bytes]:
        return (self.address, self.operator)

    def spend(self, exam: ServedExam, now: datetime) -> None:
        """Take one attempt from both budgets before anything is looked at.

        Raises:
            DeskLoginDelayed: one of them allows none yet.
        """
        with exam.database.writing() as connection:
            by_address = login_budget.spend(connection, self.address, now, failure_delay)
            attempts = [by_address]
            if by_address.allowed:
                attempts.append(login_budget.spend(connection, self.operator, now, operator_delay))
        waiting = [attempt for attempt in attempts if not attempt.allowed]
        if waiting:
            raise _delayed(waiting[0], now)


def _delayed(attempt: SpendResult, now: datetime) -> DeskLoginDelayed:
    wait_s = seconds_until(attempt.retry_at, now)
    refusal = DeskLoginDelayed(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal


def _step(exam: ServedExam, found: Operator | None, code: str, wall: datetime) -> int | None:
    """The time step of the typed code; 0 where none is asked for, None where it is wrong."""
    if found is None or found.sealed_totp is None:
        return 0
    secret = credentials.unseal_totp(exam.pepper, exam.exam, found.name, found.sealed_totp)
    return credentials.matching_step(secret, code, wall)
