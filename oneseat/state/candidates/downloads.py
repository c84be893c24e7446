"""Download records: grant, start and end of each seat's download, of the installer or of the phone app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select, update

from oneseat.state.dialect import insert_or_update
from oneseat.state.tables.activation import Download, PhoneDownload
from oneseat.state.tables.base import Moment

Records = type[Download] | type[PhoneDownload]
"""The table of an artefact's downloads."""


@dataclass(frozen=True)
class DownloadRecord:
    """First and latest grant, first start and first complete delivery of one seat's file."""

    jti: str
    granted_at: datetime
    last_granted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def grant(connection: Connection, exam: str, jti: str, at: datetime, records: Records = Download) -> None:
    """Record that the gate let this seat download. The first grant's time stays."""
    row = {"jti": jti, "exam": exam, "granted_at": at, "last_granted_at": at}
    connection.execute(insert_or_update(connection, records, ["jti"], {"last_granted_at": at}), row)


def start(connection: Connection, jti: str, at: datetime, records: Records = Download) -> None:
    """Record the start of a download; only the first one counts, and only after a grant."""
    connection.execute(
        update(records).where(records.jti == jti, records.started_at.is_(None)).values(started_at=at)
    )


def finish(connection: Connection, jti: str, at: datetime, records: Records = Download) -> None:
    """Record the end of a download; only the first one counts, and only after a grant."""
    connection.execute(
        update(records)
        .where(records.jti == jti, records.finished_at.is_(None))
        .values(finished_at=at, started_at=func.coalesce(records.started_at, literal(at, Moment)))
    )


def find(connection: Connection, jti: str, records: Records = Download) -> DownloadRecord | None:
    """Return the seat's record, or None if it was never granted a download."""
    row = connection.execute(
        select(
            records.jti,
            records.granted_at,
            records.last_granted_at,
            records.started_at,
            records.finished_at,
        ).where(records.jti == jti)
    ).first()
    return row and DownloadRecord(*row)


def counts(connection: Connection, exam: str) -> tuple[int, int, int]:
    """Count the exam's seats that were granted, started and finished a download."""
    row = connection.execute(
        select(func.count(), func.count(Download.started_at), func.count(Download.finished_at)).where(
            Download.exam == exam
        )
    ).one()
    return (row[0], row[1], row[2])
