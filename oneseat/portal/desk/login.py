"""Operators' login: password, TOTP code where the account has one, and delays instead of locks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from oneseat.portal.desk.login_budgets import LoginBudgets, known_browser_cookie
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.desk import DeskLoginBusy, DeskLoginRefused
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state.accounts import audit, credentials, operators
from oneseat.state.accounts.operators import Operator

MAX_WAITING = 8
"""Logins that check a password or wait for that, in one process. Each takes a thread, and more of them would
take those that serve candidates."""

_MAX_TYPED = 200
_waiting = threading.BoundedSemaphore(MAX_WAITING)
_waiting_known = threading.BoundedSemaphore(MAX_WAITING)


@dataclass(frozen=True)
class Credentials:
    """The login form's fields; ``reply`` answers the question of an earlier refusal."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    reply: ChallengeReply | None = None


class DeskLogin(NamedTuple):
    """A good login: the new session's token, and a fresh cookie that makes the browser known."""

    session: str
    browser: str


def log_in(exam: ServedExam, typed: Credentials, origin: Origin, now: datetime, wall: datetime) -> DeskLogin:
    """Check an operator's credentials and open a session.

    ``wall`` is the real time, which authenticator apps use and which a rehearsal's clock does not
    show. Every checked attempt is in the audit log. A name is logged only if an operator has it,
    since people type passwords into name fields.

    Raises:
        DeskLoginRefused: name, password or code is wrong, or the account is disabled.
        DeskLoginDelayed: too many attempts failed before; nothing was checked.
        DeskLoginBusy: too many logins are being checked; nothing was checked or counted.
    """
    name = typed.name.strip().lower()[:_MAX_TYPED]
    operator = _account(exam, name)
    budgets = LoginBudgets(exam, name, operator, origin, now)
    with _place_in_queue(known=budgets.known_browser is not None):
        budgets.spend(typed.reply)
        password_right = credentials.verify_password(
            operator.password if operator else None,
            typed.password[:_MAX_TYPED],
            reserved=budgets.known_browser is not None,
        )
    step = _step(exam, operator, typed.code[:_MAX_TYPED], wall)
    with exam.database.writing() as connection:
        if operator is not None and password_right and step is not None and operator.disabled_at is None:
            fresh = operator.sealed_totp is None or operators.use_totp_step(connection, exam.exam, name, step)
            if fresh:
                budgets.reset(connection)
                audit.append(connection, now, operator.actor, "desk.login", exam.exam, {})
                session = operators.open_session(connection, exam.exam, name, now)
                return DeskLogin(session, known_browser_cookie(exam, operator, now))
        actor = operator.actor if operator else "operator:unknown"
        audit.append(connection, now, actor, "desk.login.refused", exam.exam, {})
    raise DeskLoginRefused


def log_out(exam: ServedExam, operator: Operator, token: str, now: datetime) -> None:
    """End a session."""
    with exam.database.writing() as connection:
        operators.end_session(connection, token)
        audit.append(connection, now, operator.actor, "desk.logout", exam.exam, {})


def _account(exam: ServedExam, name: str) -> Operator | None:
    if not operators.NAME.fullmatch(name):
        return None
    with exam.database.reading() as connection:
        return operators.find(connection, exam.exam, name)


@contextmanager
def _place_in_queue(*, known: bool) -> Iterator[None]:
    """Take one of the places for logins; those from known browsers have places of their own.

    Raises:
        DeskLoginBusy: all are taken.
    """
    places = _waiting_known if known else _waiting
    if not places.acquire(blocking=False):
        raise DeskLoginBusy
    try:
        yield
    finally:
        places.release()


def _step(exam: ServedExam, operator: Operator | None, code: str, wall: datetime) -> int | None:
    """The time step of the typed code; 0 where none is asked for, None where it is wrong."""
    if operator is None or operator.sealed_totp is None:
        return 0
    secret = credentials.unseal_totp(exam.pepper, exam.exam, operator.name, operator.sealed_totp)
    return credentials.matching_step(secret, code, wall)
