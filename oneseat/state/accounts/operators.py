"""Who may use an exam's desk, and their logins."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, or_, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.accounts import DeskSession, OperatorAccount

NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
IDLE_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=10)
"""A login ends after half an hour without a request, and after a long working day in any case."""

_SEEN_EVERY = timedelta(minutes=1)


class Role(StrEnum):
    """What an operator may do. Each may do what the one before may."""

    VIEWER = "viewer"
    SUPPORT = "support"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Operator:
    """An account. ``password`` is an argon2id hash, ``sealed_totp`` a sealed secret or None."""

    exam: str
    name: str
    role: Role
    password: str = field(repr=False)
    sealed_totp: bytes | None = field(repr=False)
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"operator:{self.name}"


@dataclass(frozen=True)
class NewOperator:
    """An account to be made."""

    exam: str
    name: str
    role: Role
    password: str = field(repr=False)
    sealed_totp: bytes | None = field(repr=False)


def add(connection: Connection, new: NewOperator, at: datetime) -> bool:
    """Make an account; False when the name is taken."""
    row = {
        "exam": new.exam,
        "name": new.name,
        "role": str(new.role),
        "password": new.password,
        "sealed_totp": new.sealed_totp,
        "totp_step": 0,
        "created_at": at,
    }
    # Asked back, because an insert's row count is not told by every driver.
    statement = insert_or_ignore(connection, OperatorAccount, ["exam", "name"]).returning(
        OperatorAccount.name
    )
    return connection.execute(statement, row).first() is not None


def find(connection: Connection, exam: str, name: str) -> Operator | None:
    """The account of that name, disabled or not."""
    row = connection.execute(_accounts().where(*_is(exam, name))).first()
    return row and _operator(row)


def listed(connection: Connection, exam: str) -> list[Operator]:
    """Every account of an exam, by name."""
    rows = connection.execute(_accounts().where(OperatorAccount.exam == exam).order_by(OperatorAccount.name))
    return [_operator(row) for row in rows]


def set_password(connection: Connection, exam: str, name: str, password: str) -> None:
    """Replace a password hash; every login of the account ends."""
    connection.execute(update(OperatorAccount).where(*_is(exam, name)).values(password=password))
    _end_all(connection, exam, name)


def set_totp(connection: Connection, exam: str, name: str, sealed: bytes | None) -> None:
    """Replace a sealed TOTP secret, or ask for no code any more; every login of the account ends."""
    values = {"sealed_totp": sealed, "totp_step": 0}
    connection.execute(update(OperatorAccount).where(*_is(exam, name)).values(values))
    _end_all(connection, exam, name)


def set_disabled(connection: Connection, exam: str, name: str, at: datetime | None) -> None:
    """Shut an account out from now on (every login of it ends), or with None let it in again."""
    connection.execute(update(OperatorAccount).where(*_is(exam, name)).values(disabled_at=at))
    _end_all(connection, exam, name)


def use_step(connection: Connection, exam: str, name: str, step: int) -> bool:
    """Use up a TOTP time step; False when it, or a later one, was used before."""
    done = connection.execute(
        update(OperatorAccount)
        .where(*_is(exam, name), OperatorAccount.totp_step < step)
        .values(totp_step=step)
    )
    return done.rowcount == 1


def open_session(connection: Connection, exam: str, name: str, at: datetime) -> str:
    """Log an operator in, and give the session's token. Sessions that have run out are swept."""
    over = or_(DeskSession.seen_at <= at - IDLE_LIFE, DeskSession.created_at <= at - SESSION_LIFE)
    connection.execute(delete(DeskSession).where(DeskSession.exam == exam, over))
    token = secrets.token_urlsafe(32)
    row = {"token_sha256": _hashed(token), "exam": exam, "name": name, "created_at": at, "seen_at": at}
    connection.execute(insert(DeskSession), row)
    connection.execute(update(OperatorAccount).where(*_is(exam, name)).values(last_login_at=at))
    return token


def of_session(connection: Connection, exam: str, token: str, now: datetime) -> Operator | None:
    """Whose session it is, unless it has run out or its operator was shut out."""
    row = connection.execute(
        _accounts()
        .join(
            DeskSession,
            (DeskSession.exam == OperatorAccount.exam) & (DeskSession.name == OperatorAccount.name),
        )
        .where(
            DeskSession.token_sha256 == _hashed(token),
            DeskSession.exam == exam,
            DeskSession.seen_at > now - IDLE_LIFE,
            DeskSession.created_at > now - SESSION_LIFE,
            OperatorAccount.disabled_at.is_(None),
        )
    ).first()
    return row and _operator(row)


def needs_touch(connection: Connection, token: str, now: datetime) -> bool:
    """Whether the session's last sign of life is old enough to be worth writing anew."""
    seen = connection.scalar(select(DeskSession.seen_at).where(DeskSession.token_sha256 == _hashed(token)))
    return seen is not None and now - seen >= _SEEN_EVERY


def touch(connection: Connection, token: str, now: datetime) -> None:
    """Record a sign of life."""
    connection.execute(
        update(DeskSession).where(DeskSession.token_sha256 == _hashed(token)).values(seen_at=now)
    )


def end_session(connection: Connection, token: str) -> None:
    """Log out."""
    connection.execute(delete(DeskSession).where(DeskSession.token_sha256 == _hashed(token)))


def _end_all(connection: Connection, exam: str, name: str) -> None:
    connection.execute(delete(DeskSession).where(DeskSession.exam == exam, DeskSession.name == name))


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_Columns = tuple[str, str, str, str, bytes | None, datetime, datetime | None, datetime | None]


def _accounts() -> Select[*_Columns]:
    return select(
        OperatorAccount.exam,
        OperatorAccount.name,
        OperatorAccount.role,
        OperatorAccount.password,
        OperatorAccount.sealed_totp,
        OperatorAccount.created_at,
        OperatorAccount.last_login_at,
        OperatorAccount.disabled_at,
    )


def _operator(row: Row[*_Columns]) -> Operator:
    exam, name, role, password, sealed_totp, created_at, last_login_at, disabled_at = row
    return Operator(exam, name, Role(role), password, sealed_totp, created_at, last_login_at, disabled_at)


def _is(exam: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (OperatorAccount.exam == exam, OperatorAccount.name == name)
