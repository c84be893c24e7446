"""Operator accounts of an exam's desk, and their login sessions."""

from __future__ import annotations

import hashlib
import hmac
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
"""A login ends after ``IDLE_LIFE`` without a request, and after ``SESSION_LIFE`` in any case."""

DESK, ROOM = "desk", "room"
"""What a session opens: the portal's desk, or the pages of the exam room. It opens no other."""
ENTRY_LIFE = timedelta(minutes=2)
"""How long an operator who goes from the desk to the exam room may take."""

_ENTRY = "entry"
_TOUCH_INTERVAL = timedelta(minutes=1)


class Role(StrEnum):
    """An operator's role: of the service desk, or of the exam room alone.

    Of the desk's roles each includes the permissions of those before it. What a role may do in the room is
    decided there (:mod:`oneseat.room.rules.duties`).
    """

    VIEWER = "viewer"
    SUPPORT = "support"
    ADMIN = "admin"
    INVIGILATOR = "invigilator"
    LEAD = "lead"
    CHIEF = "chief"
    JUDGE = "judge"

    @property
    def is_of_desk(self) -> bool:
        """Whether it opens pages of the desk; the others go on to the exam room."""
        return self in _DESK_ROLES

    def covers(self, needed: Role) -> bool:
        """Whether this role includes the desk's permissions of ``needed``. A role of the room has none."""
        return self.is_of_desk and _DESK_ROLES.index(self) >= _DESK_ROLES.index(needed)


_DESK_ROLES = (Role.VIEWER, Role.SUPPORT, Role.ADMIN)


@dataclass(frozen=True)
class Operator:
    """An account. ``password`` is an argon2id hash, ``sealed_totp`` a sealed secret or None.

    A browser that the account has logged in from is known to the portal by a signed cookie. The cookie
    carries ``browser_epoch``, which :func:`set_password`, :func:`set_totp` and :func:`set_disabled` raise.
    """

    exam: str
    name: str
    role: Role
    password: str = field(repr=False)
    sealed_totp: bytes | None = field(repr=False)
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None
    browser_epoch: int

    @property
    def actor(self) -> str:
        """The operator's name in the audit log."""
        return f"operator:{self.name}"


@dataclass(frozen=True)
class NewOperator:
    """An account to be created."""

    exam: str
    name: str
    role: Role
    password: str = field(repr=False)
    sealed_totp: bytes | None = field(repr=False)


def add(connection: Connection, new: NewOperator, at: datetime) -> bool:
    """Create an account; False if the name is taken."""
    row = {
        "exam": new.exam,
        "name": new.name,
        "role": str(new.role),
        "password": new.password,
        "sealed_totp": new.sealed_totp,
        "totp_step": 0,
        "created_at": at,
    }
    # RETURNING, because not every driver reports the row count of an insert.
    statement = insert_or_ignore(connection, OperatorAccount, ["exam", "name"]).returning(
        OperatorAccount.name
    )
    return connection.execute(statement, row).first() is not None


def find(connection: Connection, exam: str, name: str) -> Operator | None:
    """Return the account of that name, disabled or not, or None."""
    row = connection.execute(_accounts().where(*_key(exam, name))).first()
    return row and _operator(row)


def list_all(connection: Connection, exam: str) -> list[Operator]:
    """List all accounts of an exam, by name."""
    rows = connection.execute(_accounts().where(OperatorAccount.exam == exam).order_by(OperatorAccount.name))
    return [_operator(row) for row in rows]


def set_password(connection: Connection, exam: str, name: str, password: str) -> None:
    """Replace a password hash, end all sessions of the account, and forget its browsers."""
    connection.execute(update(OperatorAccount).where(*_key(exam, name)).values(password=password))
    _end_logins(connection, exam, name)


def set_role(connection: Connection, exam: str, name: str, role: Role) -> None:
    """Change what an account may do, and end all its sessions, those of the exam room too."""
    connection.execute(update(OperatorAccount).where(*_key(exam, name)).values(role=str(role)))
    _end_logins(connection, exam, name)


def set_totp(connection: Connection, exam: str, name: str, sealed: bytes | None) -> None:
    """Replace a sealed TOTP secret (None: no code needed), end all sessions and forget the browsers."""
    values = {"sealed_totp": sealed, "totp_step": 0}
    connection.execute(update(OperatorAccount).where(*_key(exam, name)).values(values))
    _end_logins(connection, exam, name)


def set_disabled(connection: Connection, exam: str, name: str, at: datetime | None) -> None:
    """Disable an account, end all its sessions and forget its browsers, or with None enable it again."""
    connection.execute(update(OperatorAccount).where(*_key(exam, name)).values(disabled_at=at))
    _end_logins(connection, exam, name)


def use_totp_step(connection: Connection, exam: str, name: str, step: int) -> bool:
    """Mark a TOTP time step as used; False if it, or a later one, was used before."""
    result = connection.execute(
        update(OperatorAccount)
        .where(*_key(exam, name), OperatorAccount.totp_step < step)
        .values(totp_step=step)
    )
    return result.rowcount == 1


def open_session(connection: Connection, exam: str, name: str, at: datetime) -> str:
    """Create a session of the desk and return its token. Expired sessions are deleted."""
    expired = or_(DeskSession.seen_at <= at - IDLE_LIFE, DeskSession.created_at <= at - SESSION_LIFE)
    connection.execute(delete(DeskSession).where(DeskSession.exam == exam, expired))
    connection.execute(update(OperatorAccount).where(*_key(exam, name)).values(last_login_at=at))
    return _add_session(connection, exam, name, at, DESK)


def open_entry(connection: Connection, exam: str, name: str, at: datetime, host: str) -> str:
    """Create a token with which a logged-in operator enters the exam room, once (:func:`spend_entry`).

    It names the desk's ``host``, whose pages alone may post it (:func:`is_from_host`).
    """
    token = f"{secrets.token_urlsafe(32)}.{_host_hash(host)}"
    _add_session(connection, exam, name, at, _ENTRY, token)
    return token


def is_from_host(entry: str, host: str) -> bool:
    """Whether an entry was given by the desk of this host. The database knows the entry as a whole."""
    return hmac.compare_digest(entry.rpartition(".")[2].encode(), _host_hash(host).encode())


def is_entry(connection: Connection, exam: str, token: str, now: datetime) -> bool:
    """Whether a token may be good for :func:`spend_entry`; nothing is written."""
    return find_by_session(connection, exam, token, now, _ENTRY) is not None


def spend_entry(connection: Connection, exam: str, token: str, now: datetime) -> tuple[str, Operator] | None:
    """Exchange an entry for a session of the exam room; None if it is unknown, spent or too old."""
    operator = find_by_session(connection, exam, token, now, _ENTRY)
    mine = (DeskSession.token_sha256 == _token_hash(token), DeskSession.place == _ENTRY)
    spent = connection.execute(
        delete(DeskSession).where(*mine).returning(DeskSession.created_at)
    ).scalar_one_or_none()
    if operator is None or spent is None or now - spent >= ENTRY_LIFE:
        return None
    return _add_session(connection, exam, operator.name, now, ROOM), operator


def _add_session(
    connection: Connection, exam: str, name: str, at: datetime, place: str, token: str = ""
) -> str:
    token = token or secrets.token_urlsafe(32)
    row = {
        "token_sha256": _token_hash(token),
        "exam": exam,
        "name": name,
        "created_at": at,
        "seen_at": at,
        "place": place,
    }
    connection.execute(insert(DeskSession), row)
    return token


def find_by_session(
    connection: Connection, exam: str, token: str, now: datetime, place: str = DESK
) -> Operator | None:
    """Return the operator of a session of a place; None if it has expired or the account is disabled."""
    row = connection.execute(
        _accounts()
        .join(
            DeskSession,
            (DeskSession.exam == OperatorAccount.exam) & (DeskSession.name == OperatorAccount.name),
        )
        .where(
            DeskSession.token_sha256 == _token_hash(token),
            DeskSession.exam == exam,
            DeskSession.place == place,
            DeskSession.seen_at > now - IDLE_LIFE,
            DeskSession.created_at > now - SESSION_LIFE,
            OperatorAccount.disabled_at.is_(None),
        )
    ).first()
    return row and _operator(row)


def needs_touch(connection: Connection, token: str, now: datetime) -> bool:
    """Whether the session's last use is older than the interval at which it is recorded."""
    seen = connection.scalar(
        select(DeskSession.seen_at).where(DeskSession.token_sha256 == _token_hash(token))
    )
    return seen is not None and now - seen >= _TOUCH_INTERVAL


def touch(connection: Connection, token: str, now: datetime) -> None:
    """Record that the session was used."""
    connection.execute(
        update(DeskSession).where(DeskSession.token_sha256 == _token_hash(token)).values(seen_at=now)
    )


def end_session(connection: Connection, token: str) -> None:
    """Delete a session (logout)."""
    connection.execute(delete(DeskSession).where(DeskSession.token_sha256 == _token_hash(token)))


def _end_logins(connection: Connection, exam: str, name: str) -> None:
    """Delete the account's sessions and forget its browsers."""
    connection.execute(delete(DeskSession).where(DeskSession.exam == exam, DeskSession.name == name))
    connection.execute(
        update(OperatorAccount)
        .where(*_key(exam, name))
        .values(browser_epoch=OperatorAccount.browser_epoch + 1)
    )


def _host_hash(host: str) -> str:
    return hashlib.sha256(host.lower().encode()).hexdigest()[:32]


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_Columns = tuple[str, str, str, str, bytes | None, datetime, datetime | None, datetime | None, int]


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
        OperatorAccount.browser_epoch,
    )


def _operator(row: Row[*_Columns]) -> Operator:
    exam, name, role, password, sealed_totp, created_at, last_login_at, disabled_at, epoch = row
    return Operator(
        exam, name, Role(role), password, sealed_totp, created_at, last_login_at, disabled_at, epoch
    )


def _key(exam: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (OperatorAccount.exam == exam, OperatorAccount.name == name)
