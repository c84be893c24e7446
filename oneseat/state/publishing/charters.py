"""Published charters. Version numbers only increase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import CharterConflict, CharterOlder
from oneseat.state.prepared import Prepared
from oneseat.state.tables.publishing import ExamOrder, PublishedCharter


@dataclass(frozen=True)
class CharterInForce:
    """An exam's newest published charter, as the token that clients verify."""

    exam: str
    version: int
    token: str
    published_at: datetime


def newest(connection: Connection, exam: str) -> CharterInForce | None:
    """Return the published charter with the highest version, or None."""
    row = connection.execute(_newest(exam)).first()
    return row and CharterInForce(*row)


def history(connection: Connection, exam: str) -> list[CharterInForce]:
    """List all published charters of an exam, the newest first."""
    return [CharterInForce(*row) for row in connection.execute(_published(exam))]


def newest_numbers(connection: Connection, exam: str) -> tuple[int | None, int]:
    """Return the newest published version and the number of the newest order, 0 without one, by one query.

    A cached charter is checked against both.
    """
    row = _NEWEST_NUMBERS.first(connection, exam=exam)
    return (row[0], row[1] or 0) if row else (None, 0)


def publish(connection: Connection, exam: str, version: int, token: str, at: datetime) -> bool:
    """Publish a charter; False if exactly this charter is published.

    Raises:
        CharterOlder: a higher version is published.
        CharterConflict: this version is published with other content.
    """
    before = newest(connection, exam)
    if before is not None and version < before.version:
        raise CharterOlder(version=version, published=before.version)
    row = {"exam": exam, "version": version, "token": token, "published_at": at}
    connection.execute(insert_or_ignore(connection, PublishedCharter, ["exam", "version"]), row)
    now = CharterInForce(*connection.execute(_newest(exam)).one())
    if now.token != token:
        raise CharterConflict(version=version)
    return before is None or before.version != version


_NEWEST_NUMBERS = Prepared(
    select(
        func.max(PublishedCharter.version),
        select(func.max(ExamOrder.number)).where(ExamOrder.exam == bindparam("exam")).scalar_subquery(),
    ).where(PublishedCharter.exam == bindparam("exam"))
)


def _newest(exam: str) -> Select[str, int, str, datetime]:
    return _published(exam).limit(1)


def _published(exam: str) -> Select[str, int, str, datetime]:
    return (
        select(
            PublishedCharter.exam,
            PublishedCharter.version,
            PublishedCharter.token,
            PublishedCharter.published_at,
        )
        .where(PublishedCharter.exam == exam)
        .order_by(PublishedCharter.version.desc())
    )
