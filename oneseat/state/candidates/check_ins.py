"""The last check-in of each seat's device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from oneseat.state.dialect import insert_or_update
from oneseat.state.tables.attendance import CheckIn


@dataclass(frozen=True)
class LastCheckIn:
    """The last check-in of a seat's device: when, and the build that it runs."""

    at: datetime
    build: str


def record(connection: Connection, exam: str, jti: str, build: str, at: datetime) -> None:
    """Record a check-in of the seat's device."""
    row = {"jti": jti, "exam": exam, "build": build, "at": at}
    connection.execute(insert_or_update(connection, CheckIn, ["jti"], {"build": build, "at": at}), row)


def find_last(connection: Connection, jti: str) -> LastCheckIn | None:
    """Return the seat's last check-in, or None."""
    row = connection.execute(select(CheckIn.at, CheckIn.build).where(CheckIn.jti == jti)).first()
    return row and LastCheckIn(*row)
