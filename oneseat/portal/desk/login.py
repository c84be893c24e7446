"""Operators' login: password, TOTP code where the account has one, and delays instead of locks."""

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
"""The longest delay of an operator's name. An address that goes on failing is delayed for up to a quarter
of an hour; a name never for longer than this, or a stranger who knows it could lock its owner out on exam
day. One guess a minute is no threat to a password of twelve characters."""

_MAX_TYPED = 200


@dataclass(frozen=True)
class Credentials:
    """The login form's fields."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)


def log_in(exam: ServedExam, typed: Credentials, address: str, now: datetime, wall: datetime) -> str:
    """The token of a new session.

    ``wall`` is the real time, which authenticator apps use and which a rehearsal's clock does not
    show. Every checked attempt is in the audit log. A name is logged only if an operator has it,
    since people type passwords into name fields.

    Raises:
        DeskLoginRefused: name, password or code is wrong, or the account is disabled.
        DeskLoginDelayed: too many attempts failed before; nothing was checked.
    """
    name = typed.name.strip().lower()[:_MAX_TYPED]
    budgets = _FailureBudgets.of(exam, name, address)
    budgets.spend(exam, now)
    operator = _account(exam, name)
    password_right = credentials.verify_password(
        operator.password if operator else None, typed.password[:_MAX_TYPED]
    )
    step = _step(exam, operator, typed.code[:_MAX_TYPED], wall)
    with exam.database.writing() as connection:
        if operator is not None and password_right and step is not None and operator.disabled_at is None:
            fresh = operator.sealed_totp is None or operators.use_totp_step(connection, exam.exam, name, step)
            if fresh:
                for subject in budgets.subjects:
                    login_budget.reset(connection, subject)
                audit.append(connection, now, operator.actor, "desk.login", exam.exam, {})
                return operators.open_session(connection, exam.exam, name, now)
        actor = operator.actor if operator else "operator:unknown"
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
class _FailureBudgets:
    """The budgets that a failed login costs; keyed hashes, since a name field may hold a password."""

    operator: bytes
    address: bytes

    @classmethod
    def of(cls, exam: ServedExam, name: str, address: str) -> _FailureBudgets:
        def subject(kind: bytes, text: str) -> bytes:
            return keyed_hash(exam.pepper, b"oneseat/desk-budget/v1", kind, exam.exam.encode(), text.encode())

        return cls(subject(b"operator", name), subject(b"address", address))

    @property
    def subjects(self) -> tuple[bytes, bytes]:
        return (self.address, self.operator)

    def spend(self, exam: ServedExam, now: datetime) -> None:
        """Spend one attempt of both budgets before anything is checked.

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


def _step(exam: ServedExam, operator: Operator | None, code: str, wall: datetime) -> int | None:
    """The time step of the typed code; 0 where none is asked for, None where it is wrong."""
    if operator is None or operator.sealed_totp is None:
        return 0
    secret = credentials.unseal_totp(exam.pepper, exam.exam, operator.name, operator.sealed_totp)
    return credentials.matching_step(secret, code, wall)
