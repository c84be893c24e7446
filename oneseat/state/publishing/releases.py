"""Releases: the current one of each exam, switched in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from oneseat.state.artefacts import PHONE
from oneseat.state.dialect import insert_or_update
from oneseat.state.prepared import Prepared
from oneseat.state.tables.issuing import Edition, Licence, Revocation, Seat
from oneseat.state.tables.publishing import CurrentRelease, Release, ReleaseArtefact


@dataclass(frozen=True)
class PublishedPhone:
    """The phone app of a release: ``base`` is the APK digest, ``object_name`` its file in the store."""

    edition_id: int
    base: str
    build: str
    base_sha256: str
    object_name: str
    manifest: str


@dataclass(frozen=True)
class PublishedRelease:
    """The current release: ``base`` is the Authenticode SHA-256, ``object_name`` its file in the store.

    An empty ``object_name`` means that the installers were withdrawn: candidates can log in and
    activate, but not download. ``phone`` is None where the release has no phone app.
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
    phone: PublishedPhone | None = None

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
    """A base in the store: SHA-256 of the file, object name, manifest JSON."""

    sha256: str
    object_name: str
    manifest: str


class ShownFile(NamedTuple):
    """A base in the store with the edition whose licences go into it."""

    edition_id: int
    file: BaseFile


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
    return row and replace(PublishedRelease(*row), phone=_phone_of(connection, row[0]))


def current_id(connection: Connection, exam: str) -> int | None:
    """Return the id of the current release, to check an opened release against, or None."""
    row = _CURRENT_ID.first(connection, exam=exam)
    return row[0] if row else None


def exams(connection: Connection) -> list[str]:
    """List the exams that have a release."""
    return list(connection.scalars(select(CurrentRelease.exam).order_by(CurrentRelease.exam)))


def seat_tokens(
    connection: Connection, exam: str, edition_id: int, after: str, limit: int, beside: int | None = None
) -> list[SeatToken]:
    """List licences that publishing this edition shows, by jti: at most ``limit`` above ``after``.

    A phone's edition is shown ``beside`` an installer's: a seat without a licence for that is left out.
    """
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
    if beside is not None:
        query = query.where(licensed_beside(beside))
    return [SeatToken(*row) for row in connection.execute(query)]


def licensed_beside(edition_id: int) -> ColumnElement[bool]:
    """The condition that the seat of a licence has a licence for another edition too."""
    other = aliased(Licence)
    return select(literal(1)).where(other.jti == Licence.jti, other.edition_id == edition_id).exists()


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
    names = set(connection.scalars(query.distinct()))
    # An APK names its exam, so no other exam's release uses it.
    phones = select(ReleaseArtefact.object_name).where(
        ReleaseArtefact.exam == exam, ReleaseArtefact.object_name != ""
    )
    return sorted(names.union(connection.scalars(phones.distinct())))


def base_digests(connection: Connection, exam: str) -> set[str]:
    """Return the SHA-256 of every base that a release of the exam ever had."""
    return {
        digest
        for table in (Release, ReleaseArtefact)
        for digest in connection.scalars(select(table.base_sha256).where(table.exam == exam).distinct())
    }


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
    connection: Connection,
    exam: str,
    edition_id: int,
    base: BaseFile,
    at: datetime,
    phone: ShownFile | None = None,
) -> PublishedRelease:
    """Publish an edition and its base file, and a phone app's if there is one, in the caller's transaction.

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
    return _set_current(connection, exam, ShownFile(edition_id, base), phone, seats or 0, at)


def withdraw(connection: Connection, shown: PublishedRelease, at: datetime) -> PublishedRelease:
    """Replace a release by one with the same seats and no files, in the caller's transaction."""
    phone = _without_file(shown.phone) if shown.phone else None
    return _set_current(connection, shown.exam, _without_file(shown), phone, shown.seats, at)


def _without_file(shown: PublishedRelease | PublishedPhone) -> ShownFile:
    return ShownFile(shown.edition_id, BaseFile(shown.base_sha256, "", shown.manifest))


def _set_current(
    connection: Connection, exam: str, base: ShownFile, phone: ShownFile | None, seats: int, at: datetime
) -> PublishedRelease:
    values = {"exam": exam, **_columns(base), "seats": seats, "published_at": at}
    release_id = connection.execute(insert(Release).values(values).returning(Release.id)).scalar_one()
    if phone is not None:
        values = {"release_id": release_id, "artefact": PHONE, "exam": exam, **_columns(phone)}
        connection.execute(insert(ReleaseArtefact).values(values))
    statement = insert_or_update(connection, CurrentRelease, ["exam"], {"release_id": release_id})
    connection.execute(statement, {"exam": exam, "release_id": release_id})
    row = connection.execute(_current(exam)).one()
    return replace(PublishedRelease(*row), phone=_phone_of(connection, release_id))


def _columns(shown: ShownFile) -> dict[str, Any]:
    return {
        "edition_id": shown.edition_id,
        "base_sha256": shown.file.sha256,
        "object_name": shown.file.object_name,
        "manifest": shown.file.manifest,
    }


def _phone_of(connection: Connection, release_id: int) -> PublishedPhone | None:
    row = connection.execute(
        select(
            ReleaseArtefact.edition_id,
            Edition.base,
            Edition.build,
            ReleaseArtefact.base_sha256,
            ReleaseArtefact.object_name,
            ReleaseArtefact.manifest,
        )
        .join(Edition, Edition.id == ReleaseArtefact.edition_id)
        .where(ReleaseArtefact.release_id == release_id, ReleaseArtefact.artefact == PHONE)
    ).first()
    return row and PublishedPhone(*row)


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
