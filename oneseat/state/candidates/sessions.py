"""Ends a seat's login sessions by moving it to the next epoch.

Sessions are signed values that no database holds. Each carries the epoch that its seat was in at login.
Raising the seat's epoch ends all of them, in every browser, without a list of sessions. A counter serves
better than a time: a login within the same moment as a logout, or by a process with another clock, is
never confused with an ended one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from oneseat.state.dialect import insert_or_update
from oneseat.state.tables.activation import SessionEpoch


def end_all(connection: Connection, exam: str, jti: str, at: datetime) -> None:
    """End all login sessions of a seat that were made so far."""
    row = {"jti": jti, "exam": exam, "epoch": 1, "ended_at": at}
    values = {"epoch": SessionEpoch.epoch + 1, "ended_at": at}
    connection.execute(insert_or_update(connection, SessionEpoch, ["jti"], values), row)
