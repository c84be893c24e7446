"""Releases: the current one of each exam, switched in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, literal, select, update

from oneseat.state.dialect import insert_or_update
from oneseat.state.prepared import Prepared
from oneseat.state.tables.issuing import Edition, Licence, Revocation, Seat
from oneseat.state.tables.publishing import CurrentRelease, Release


@dataclass(frozen=True)
class PublishedRelease:
    """The current release: ``base`` is the Authenticode SHA-256, ``object_name`` its file in the store.

    An empty ``object_name`` means that the installers were withdrawn: candidates can log in and
    activate, but not download.
    """

    id: int
    exam: str
    edition_id: int
    base: str
    build: str
    expires_at: datetime
    base_sha256: str
    object_name: str
    manifest: str
    seats: int
    published_at: datetime

    @property
    def withdrawn(self) -> bool:
        """Whether its installers were withdrawn."""
        return not self.object_name


@dataclass(frozen=True)
class SeatToken:
    """A seat's jti and licence token, for stamping its installer."""

    jti: str
    token: str


@dataclass(frozen=True)
class BaseFile:
    """The base installer in the store: SHA-256 of the file, object name, manifest JSON."""

    sha256: str
    object_name: str
    manifest: str


@dataclass(frozen=True)
class PublicationPlan:
    """The changes of a publication, counted in seats.

    ``seats`` will be visible; of these, ``new`` are not visible now and ``replaced`` have another
    jti now. ``left_out`` have no licence for the edition; of these, ``hidden`` are visible now.
    """

    seats: int
    new: int
    replaced: int
    left_out: int
    hidden: int


def current(connection: Connection, exam: str) -> PublishedRelease | None:
    """Return the exam's current release, or None."""
    row = connection.execute(_current(exam)).first()
    return row and PublishedRelease(*row)


def current_id(connection: Connection, exam: str) -> int | None:
    """Return the id of the current release, to check an opened release against, or None."""
    row = _CURRENT_ID.first(connection, exam=exam)
    return row[0] if row else None


def exams(connection: Connection) -> list[str]:
    """List the exams that have a release."""
    return list(connection.scalars(select(CurrentRelease.exam).order_by(CurrentRelease.exam)))


def seat_tokens(
    connection: Connection, exam: str, edition_id: int, after: str, limit: int
) -> list[SeatToken]:
    """List licences that publishing this edition shows, by jti: at most ``limit`` above ``after``."""
    query = (
        select(Licence.jti, Licence.token)
        .join(
            Seat,
            and_(
                Seat.exam == Licence.exam,
                Seat.admission_number == Licence.admission_number,
                Seat.jti == Licence.jti,
            ),
        )
        .where(Licence.exam == exam, Licence.edition_id == edition_id, Licence.jti > after)
        .order_by(Licence.jti)
        .limit(limit)
    )
    return [SeatToken(*row) for row in connection.execute(query)]


def object_names(connection: Connection, exam: str) -> list[str]:
    """List base files of all releases of the exam, except those that another exam's release uses."""
    elsewhere = (
        select(Release.object_name)
        .join(CurrentRelease, CurrentRelease.release_id == Release.id)
        .where(Release.exam != exam)
    )
    query = select(Release.object_name).where(
        Release.exam == exam, Release.object_name != "", Release.object_name.not_in(elsewhere)
    )
    return list(connection.scalars(query.distinct().order_by(Release.object_name)))


def base_digests(connection: Connection, exam: str) -> set[str]:
    """Return the SHA-256 of every base that a release of the exam ever had."""
    return set(connection.scalars(select(Release.base_sha256).where(Release.exam == exam).distinct()))


def plan(connection: Connection, exam: str, edition_id: int) -> PublicationPlan:
    """Count what publishing this edition would change."""
    licensed = and_(Licence.jti == Seat.jti, Licence.edition_id == edition_id)
    row = connection.execute(
        select(
            func.count(Licence.jti),
            func.count(Licence.jti).filter(Seat.published_jti.is_(None)),
            func.count(Licence.jti).filter(Seat.published_jti != Seat.jti),
            func.count().filter(Licence.jti.is_(None)),
            func.count(Seat.published_jti).filter(Licence.jti.is_(None)),
        )
        .select_from(Seat)
        .outerjoin(Licence, licensed)
        .where(Seat.exam == exam)
    ).one()
    return PublicationPlan(seats=row[0], new=row[1], replaced=row[2], left_out=row[3], hidden=row[4])


def publish(
    connection: Connection, exam: str, edition_id: int, base: BaseFile, at: datetime
) -> PublishedRelease:
    """Publish an edition and its base file, in the caller's transaction.

    Each seat with a licence for the edition gets its newest jti published; a different jti that was
    published before is revoked. Seats without such a licence are hidden.
    """
    licensed = (
        select(literal(1))
        .where(Licence.jti == Seat.jti, Licence.edition_id == edition_id)
        .exists()
        .correlate(Seat)
    )
    in_exam = Seat.exam == exam
    replaced = (
        select(Seat.published_jti, Seat.exam, literal(at, Revocation.at.type), literal("re-issued"))
        .where(in_exam, Seat.published_jti != Seat.jti)
        .where(~select(literal(1)).where(Revocation.jti == Seat.published_jti).exists().correlate(Seat))
    )
    connection.execute(insert(Revocation).from_select(["jti", "exam", "at", "reason"], replaced))
    hidden = Seat.published_jti.is_not(None) & ~licensed
    connection.execute(update(Seat).where(in_exam, hidden).values(published_jti=None))
    shown = Seat.published_jti.is_distinct_from(Seat.jti) & licensed
    connection.execute(update(Seat).where(in_exam, shown).values(published_jti=Seat.jti))
    seats = connection.scalar(
        select(func.count()).select_from(Seat).where(in_exam, Seat.published_jti.is_not(None))
    )
    _set_current(connection, exam, edition_id, base, seats or 0, at)
    return PublishedRelease(*connection.execute(_current(exam)).one())


def withdraw(connection: Connection, shown: PublishedRelease, at: datetime) -> PublishedRelease:
    """Replace a release by one with the same seats and no file, in the caller's transaction."""
    base = BaseFile(shown.base_sha256, "", shown.manifest)
    _set_current(connection, shown.exam, shown.edition_id, base, shown.seats, at)
    return PublishedRelease(*connection.execute(_current(shown.exam)).one())


def _set_current(
    connection: Connection, exam: str, edition_id: int, base: BaseFile, seats: int, at: datetime
) -> None:
    values = {
        "exam": exam,
        "edition_id": edition_id,
        "base_sha256": base.sha256,
        "object_name": base.object_name,
        "manifest": base.manifest,
        "seats": seats,
        "published_at": at,
    }
    release_id = connection.execute(insert(Release).values(values).returning(Release.id)).scalar_one()
    statement = insert_or_update(connection, CurrentRelease, ["exam"], {"release_id": release_id})
    connection.execute(statement, {"exam": exam, "release_id": release_id})


_CURRENT_ID = Prepared(select(CurrentRelease.release_id).where(CurrentRelease.exam == bindparam("exam")))


def _current(exam: str) -> Select[int, str, int, str, str, datetime, str, str, str, int, datetime]:
    return (
        select(
            Release.id,
            Release.exam,
            Release.edition_id,
            Edition.base,
            Edition.build,
            Edition.expires_at,
            Release.base_sha256,
            Release.object_name,
            Release.manifest,
            Release.seats,
            Release.published_at,
        )
        .join(CurrentRelease, CurrentRelease.release_id == Release.id)
        .join(Edition, Edition.id == Release.edition_id)
        .where(CurrentRelease.exam == exam)
    )
