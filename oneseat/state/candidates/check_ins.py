"""When each seat's device was last heard of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from oneseat.state.dialect import insert_or_update
from oneseat.state.tables.attendance import CheckIn


@dataclass(frozen=True)
class Heard:
    """The last check-in of a seat's device: when, and the build that it runs."""

    at: datetime
    build: str


def note(connection: Connection, exam: str, jti: str, build: str, at: datetime) -> None:
    """The seat's device was heard of ``at``."""
    row = {"jti": jti, "exam": exam, "build": build, "at": at}
    connection.execute(insert_or_update(connection, CheckIn, ["jti"], {"build": build, "at": at}), row)


def last(connection: Connection, jti: str) -> Heard | None:
    """When the seat's device was last heard of, if ever."""
    row = connection.execute(select(CheckIn.at, CheckIn.build).where(CheckIn.jti == jti)).first()
    return row and Heard(*row)
