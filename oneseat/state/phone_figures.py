"""Counts of an exam's phone licences and of the phone app's downloads, beside those of the installer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from oneseat.state import figures
from oneseat.state.artefacts import PHONE
from oneseat.state.publishing import releases
from oneseat.state.tables.activation import PhoneDownload
from oneseat.state.tables.issuing import Edition, Licence, Seat


@dataclass(frozen=True)
class PhoneTotals:
    """Numbers of seats by the progress of their phone app.

    ``issued`` counts seats whose newest licence has a phone licence too, ``published`` those to whom the
    current release shows the app, ``downloaded`` and ``begun`` (not finished) current licences that are not
    revoked.
    """

    issued: int
    published: int
    downloaded: int
    begun: int


def totals(connection: Connection, exam: str) -> PhoneTotals | None:
    """Count the phone licences of an exam; None where none was ever issued."""
    editions = select(Edition.id).where(Edition.exam == exam, Edition.artefact == PHONE)
    if connection.execute(editions.limit(1)).first() is None:
        return None
    downloads = select(func.count(PhoneDownload.finished_at), func.count()).where(
        PhoneDownload.exam == exam, PhoneDownload.jti.not_in(figures.unavailable_licences(exam))
    )
    downloaded, granted = connection.execute(downloads).one()
    issued = select(func.count()).where(Seat.exam == exam, _licensed(Seat.jti, editions))
    return PhoneTotals(
        issued=connection.scalar(issued) or 0,
        published=_published(connection, exam),
        downloaded=downloaded,
        begun=granted - downloaded,
    )


def find_build(connection: Connection, jti: str) -> str | None:
    """Return the build of the phone app that a seat's newest phone licence is for, or None without one."""
    query = (
        select(Edition.build)
        .join(Licence, Licence.edition_id == Edition.id)
        .where(Licence.jti == jti, Edition.artefact == PHONE)
        .order_by(Edition.id.desc())
    )
    return connection.scalar(query.limit(1))


def is_published(connection: Connection, exam: str, jti: str) -> bool:
    """Whether the current release shows the phone app to the seat of a published licence."""
    edition = _shown_edition(connection, exam)
    if edition is None:
        return False
    shown = _licensed(Seat.published_jti, select(literal(edition)))
    query = select(Seat.jti).where(Seat.exam == exam, Seat.published_jti == jti, shown)
    return connection.execute(query).first() is not None


def _licensed(jti: InstrumentedAttribute[Any], editions: Select[int]) -> ColumnElement[bool]:
    """The condition that a jti has a licence for one of some editions."""
    return select(literal(1)).where(Licence.jti == jti, Licence.edition_id.in_(editions)).exists()


def _published(connection: Connection, exam: str) -> int:
    edition = _shown_edition(connection, exam)
    if edition is None:
        return 0
    shown = _licensed(Seat.published_jti, select(literal(edition)))
    return connection.scalar(select(func.count()).where(Seat.exam == exam, shown)) or 0


def _shown_edition(connection: Connection, exam: str) -> int | None:
    """The edition of the current release's phone app; None where there is no release, or none with one."""
    release = releases.current(connection, exam)
    return release.phone.edition_id if release is not None and release.phone is not None else None
