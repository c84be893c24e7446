"""Tokens for programs: an exam room that reports, a portal in front that authenticates.

A token has the form ``ost1.<id>.<secret>``. The id selects the row; the secret (256 random bits)
is compared by its SHA-256. A secret of that length needs no slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, Select, insert, select, update

from oneseat.state.errors import ServiceTokenUnknown
from oneseat.state.tables.programs import ServiceToken

_TEXT = re.compile(r"ost1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """A permission of a token."""

    ROOM_REPORT = "room:report"
    ROOM_ADMIT = "room:admit"
    ROOM_ORDERS = "room:orders"
    ROOM_INCIDENTS = "room:incidents"
    IDENTITY_CHECK = "identity:check"
    ROOM_SEATS = "room:seats"
    AUTHENTICATE = "authenticate"
    SEAT_READ = "seat:read"
    DOWNLOAD = "download"
    HELP = "help"


@dataclass(frozen=True)
class Service:
    """A token without its secret."""

    id: str
    exam: str
    label: str
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def good_at(self, now: datetime) -> bool:
        """Whether the token is valid at ``now``."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True)
class NewService:
    """A new token with its text, which is shown once."""

    service: Service
    token: str = field(repr=False)


def make(
    connection: Connection, exam: str, label: str, scopes: Iterable[Scope], at: datetime, expires_at: datetime
) -> NewService:
    """Create a token. Its text is in the result only and cannot be recovered."""
    token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    service = Service(token_id, exam, label, frozenset(scopes), at, expires_at, None)
    row = {
        "id": token_id,
        "exam": exam,
        "label": label,
        "scopes": " ".join(sorted(service.scopes)),
        "secret_sha256": _hash(secret),
        "made_at": at,
        "expires_at": expires_at,
    }
    connection.execute(insert(ServiceToken), row)
    return NewService(service, f"ost1.{token_id}.{secret}")


def recognise(connection: Connection, exam: str, token: str) -> Service | None:
    """Look up a token by its text, expired and revoked ones included; None if the exam has no such token."""
    match = _TEXT.fullmatch(token)
    if match is None:
        return None
    row = connection.execute(
        _services()
        .add_columns(ServiceToken.secret_sha256)
        .where(ServiceToken.exam == exam, ServiceToken.id == match[1])
    ).first()
    if row is None or not hmac.compare_digest(row[-1], _hash(match[2])):
        return None
    return _service(row[:-1])


def find(connection: Connection, exam: str, token_id: str) -> Service | None:
    """Return the token of an id, expired and revoked ones included, or None."""
    row = connection.execute(
        _services().where(ServiceToken.exam == exam, ServiceToken.id == token_id)
    ).first()
    return None if row is None else _service(row)


def list_all(connection: Connection, exam: str) -> list[Service]:
    """List all tokens of the exam, oldest first."""
    query = _services().where(ServiceToken.exam == exam).order_by(ServiceToken.made_at, ServiceToken.id)
    return [_service(row) for row in connection.execute(query)]


def revoke(connection: Connection, exam: str, token_id: str, at: datetime) -> tuple[Service, bool]:
    """Revoke a token; with False if it was revoked before, in which case the first time stays.

    Raises:
        ServiceTokenUnknown: the exam has no such token.
    """
    mine = (ServiceToken.exam == exam, ServiceToken.id == token_id)
    changed = connection.execute(
        update(ServiceToken).where(*mine, ServiceToken.revoked_at.is_(None)).values(revoked_at=at)
    )
    row = connection.execute(_services().where(*mine)).first()
    if row is None:
        raise ServiceTokenUnknown(token_id=token_id[:16])
    return _service(row), changed.rowcount == 1


_Columns = tuple[str, str, str, str, datetime, datetime, datetime | None]


def _services() -> Select[*_Columns]:
    return select(
        ServiceToken.id,
        ServiceToken.exam,
        ServiceToken.label,
        ServiceToken.scopes,
        ServiceToken.made_at,
        ServiceToken.expires_at,
        ServiceToken.revoked_at,
    )


def _service(row: Row[*_Columns] | tuple[*_Columns]) -> Service:
    token_id, exam, label, scopes, made_at, expires_at, revoked_at = row
    held = frozenset(Scope(scope) for scope in scopes.split())
    return Service(token_id, exam, label, held, made_at, expires_at, revoked_at)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
