"""Failed identity checks by idempotency key: the same call, sent again, costs no second failure."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.programs import FailedCall

KEPT = timedelta(minutes=10)
"""A retry comes soon or not at all; later, what was wrong may have been put right."""


def request_of(connection: Connection, key: bytes, now: datetime) -> bytes | None:
    """What was asked, and refused, under this key not long ago."""
    found = connection.scalar(
        select(FailedCall.request).where(FailedCall.key == key, FailedCall.at > now - KEPT)
    )
    return None if found is None else bytes(found)


def forget(connection: Connection, now: datetime) -> None:
    """Forget what is too old to count."""
    connection.execute(delete(FailedCall).where(FailedCall.at <= now - KEPT))


def note(connection: Connection, key: bytes, request: bytes, at: datetime) -> None:
    """Note that an identity check failed under this key."""
    row = {"key": key, "request": request, "at": at}
    connection.execute(insert_or_ignore(connection, FailedCall, ["key"]), row)
