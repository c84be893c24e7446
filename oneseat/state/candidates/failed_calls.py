"""Failed identity checks by idempotency key: a repeated call counts as one failure."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.programs import FailedCall

KEPT = timedelta(minutes=10)
"""How long a failure is kept. Retries come within minutes; later the cause may have been fixed."""


def find_request(connection: Connection, key: bytes, now: datetime) -> bytes | None:
    """Return the hash of the request that failed under this key recently, or None."""
    request = connection.scalar(
        select(FailedCall.request).where(FailedCall.key == key, FailedCall.at > now - KEPT)
    )
    return None if request is None else bytes(request)


def delete_expired(connection: Connection, now: datetime) -> None:
    """Delete expired rows."""
    connection.execute(delete(FailedCall).where(FailedCall.at <= now - KEPT))


def record(connection: Connection, key: bytes, request: bytes, at: datetime) -> None:
    """Record a failed identity check under this key."""
    row = {"key": key, "request": request, "at": at}
    connection.execute(insert_or_ignore(connection, FailedCall, ["key"]), row)
