"""Lists, revokes and re-issues seats for the command line, whether or not a portal runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.pipeline.issuing.errors import SeatReissuePending, SeatRevokedBefore
from oneseat.pipeline.project import Project
from oneseat.pipeline.publishing.errors import SeatUnknown
from oneseat.state import phone_figures
from oneseat.state.accounts import audit
from oneseat.state.candidates import activations, downloads, seat_list, seat_lookup, seat_support, seats
from oneseat.state.candidates.seat_list import SeatRow
from oneseat.state.database import Database
from oneseat.state.tables.activation import PhoneDownload
from signing.normal_forms import normalise_admission_number

_ACTOR = "command line"


@dataclass(frozen=True)
class SeatSummary:
    """A seat's present state. It names no person."""

    admission_number: str
    generation: int
    jti: str
    published: bool
    """Whether the newest licence is the published one."""
    state: str
    reissue_queued: bool


@dataclass(frozen=True)
class SeatDetails(SeatSummary):
    """A seat's present state and its history."""

    published_jti: str | None
    licences: tuple[str, ...]
    revoked_at: datetime | None
    revoked_because: str | None
    downloaded_at: datetime | None
    activated_at: datetime | None
    former_devices: int
    reissues: int
    phone_build: str | None
    """The build of the phone app that the seat has a phone licence for; None without one."""
    phone_published: bool
    phone_downloaded_at: datetime | None


class Seats:
    """The seats of one project's exam, in its state database."""

    def __init__(self, project: Project) -> None:
        self._exam = project.exam.id
        self._clock = project.clock
        # Not created: a portal host has no authority ring, which has the rehearsal mark of a new one.
        self._database = Database.open(project.state_url)

    def list_all(self, on_seat: Callable[[SeatSummary], None]) -> int:
        """Pass all seats by admission number to ``on_seat``; return their number."""
        count = 0
        with self._database.reading() as connection:
            for count, seat in enumerate(seat_list.all_seats(connection, self._exam), start=1):  # noqa: B007
                on_seat(_summary(seat))
        return count

    def show(self, number: str) -> SeatDetails:
        """Return a seat's state and history.

        Raises:
            SeatUnknown: the exam has no such seat.
        """
        with self._database.reading() as connection:
            return _details(connection, self._exam, self._find(connection, number))

    def revoke(self, number: str) -> SeatDetails:
        """Revoke a seat's licence at once, and a newer one that waits for its publication.

        Raises:
            SeatUnknown: the exam has no such seat.
            SeatRevokedBefore: it is revoked already.
        """
        with self._writing(number) as (connection, seat, now):
            if seat.revoked:
                raise SeatRevokedBefore
            seat_list.revoke_seats(connection, self._exam, [seat], now, _ACTOR, seats.BY_OPERATOR)
        return self.show(number)

    def reissue(self, number: str) -> SeatDetails:
        """Queue a new licence for the next ``issue``; the present one ends when it is published.

        Raises:
            SeatUnknown: the exam has no such seat.
            SeatReissuePending: it is in the queue already.
        """
        with self._writing(number) as (connection, seat, now):
            if not seat_support.queue_reissue(connection, self._exam, seat.admission_number, seat.jti, now):
                raise SeatReissuePending
            facts: dict[str, audit.Fact] = {"jti": seat.published_jti or seat.jti}
            audit.append(connection, now, _ACTOR, "seat.reissue-queued", self._exam, facts)
        return self.show(number)

    @contextmanager
    def _writing(self, number: str) -> Iterator[tuple[Connection, SeatRow, datetime]]:
        with self._database.writing() as connection:
            yield connection, self._find(connection, number), self._clock.now()

    def _find(self, connection: Connection, number: str) -> SeatRow:
        """Find a seat by its admission number, or by the identifier of one of its licences."""
        normal = normalise_admission_number(number).replace("\0", "")
        seat = seat_list.find_seat(connection, self._exam, normal)
        if seat is None and (by_jti := seat_lookup.seat_by_jti(connection, self._exam, normal.lower())):
            seat = seat_list.find_seat(connection, self._exam, by_jti.admission_number)
        if seat is None:
            raise SeatUnknown(exam=self._exam)
        return seat


def _summary(seat: SeatRow) -> SeatSummary:
    return SeatSummary(
        admission_number=seat.admission_number,
        generation=seat.generation,
        jti=seat.jti,
        published=seat.published_jti == seat.jti,
        state=_state(seat),
        reissue_queued=seat.reissue_queued,
    )


def _state(seat: SeatRow) -> str:
    if seat.revoked:
        return "revoked"
    if seat.activated:
        return "activated"
    if seat.downloaded:
        return "downloaded"
    return "issued" if seat.published_jti is None else "published"


def _details(connection: Connection, exam: str, seat: SeatRow) -> SeatDetails:
    shown = seat.published_jti or seat.jti
    known = seat_lookup.seat_by_number(connection, exam, seat.admission_number)
    revoked_at, because = seat_lookup.revocation(connection, seat.jti) or (None, None)
    download, active = downloads.find(connection, shown), activations.find(connection, shown)
    phone_download = downloads.find(connection, shown, PhoneDownload)
    return SeatDetails(
        **vars(_summary(seat)),
        published_jti=seat.published_jti,
        licences=known.licences if known else (),
        revoked_at=revoked_at,
        revoked_because=because,
        downloaded_at=download.finished_at if download else None,
        activated_at=active.at if active else None,
        former_devices=len(seat_support.retired_devices(connection, shown)),
        reissues=len(seat_support.reissues(connection, exam, seat.admission_number)),
        phone_build=phone_figures.find_build(connection, shown),
        phone_published=phone_figures.is_published(connection, exam, shown),
        phone_downloaded_at=phone_download.finished_at if phone_download else None,
    )
