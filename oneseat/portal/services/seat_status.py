"""Reads one seat's progress (download, activation, sessions): for its candidate's page, and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.candidate_state import (
    CandidateState,
    ExamCondition,
    SeatProgress,
    candidate_state,
)
from oneseat.portal.rules.ticket_rules import Kind
from oneseat.portal.sdk.models import Attended, SeatStatus
from oneseat.portal.services.login.visits import Visit, download_facts, gate_decision
from oneseat.portal.services.tickets import attended_session
from oneseat.state.candidates import activations, attendance, check_ins, downloads, seats
from oneseat.state.candidates.activations import ActiveDevice
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.candidates.downloads import DownloadRecord
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.tables.activation import PhoneDownload


@dataclass(frozen=True)
class SeatRecords:
    """What the state database has on one seat's download, device and sessions."""

    download: DownloadRecord | None
    active: ActiveDevice | None
    places: tuple[AttendanceRecord, ...]
    phone: DownloadRecord | None = None

    @classmethod
    def read(cls, connection: Connection, seat: PublishedSeat) -> SeatRecords:
        """Read the records of a seat, each by its primary key."""
        return cls(
            downloads.find(connection, seat.jti),
            activations.find(connection, seat.jti),
            attendance.find_by_seat(connection, seat.exam, seat.admission_number),
            downloads.find(connection, seat.jti, PhoneDownload),
        )


@dataclass(frozen=True)
class OwnSeat:
    """A candidate's own seat: the visit, its records, and the state that they give."""

    visit: Visit
    records: SeatRecords
    state: CandidateState


def read_own_seat(exam: ServedExam, session: str | None, now: datetime) -> OwnSeat:
    """Read the seat of a login session and everything its page shows, in one transaction.

    Raises:
        SessionMissing: there is no valid session, it was ended, or its licence was replaced.
    """
    opened = exam.signed_values.open_session(session, now)
    with exam.database.reading() as connection:
        general = exam.charter_in(connection)
        seat = seats.find_by_jti(connection, exam.exam, opened.jti)
        if seat is None or seat.session_epoch != opened.epoch:
            raise SessionMissing
        records = SeatRecords.read(connection, seat)
    in_force = exam.charter_of(seat, general)
    progress = _progress(exam, seat, records)
    state = candidate_state(now, in_force.calendar, ExamCondition(), progress)
    return OwnSeat(Visit(seat, gate_decision(seat, in_force, now), in_force), records, state)


def _progress(exam: ServedExam, seat: PublishedSeat, records: SeatRecords) -> SeatProgress:
    return SeatProgress(
        download=download_facts(seat),
        granted_at=seat.granted_at,
        finished=records.download is not None and records.download.finished_at is not None,
        end_seen=exam.whole_installers is None,
        activated=records.active is not None,
        attended=tuple(attended_session(place) for place in records.places),
    )


def status_of_seat(exam: ServedExam, visit: Visit) -> SeatStatus:
    """The seat's progress, read in one transaction."""
    seat, decision = visit.seat, visit.decision
    with exam.database.reading() as connection:
        records = SeatRecords.read(connection, seat)
        last_check_in = check_ins.find_last(connection, seat.jti)
    download, active = records.download, records.active
    return SeatStatus(
        jti=seat.jti,
        revoked=seat.revoked,
        window=decision.phase.value,
        may_fetch=decision.may_fetch,
        fetch_until=_timestamp(decision.fetch_until),
        granted_at=_timestamp(download.granted_at if download else None),
        download_began_at=_timestamp(download.started_at if download else None),
        downloaded_at=_timestamp(download.finished_at if download else None),
        activated_at=_timestamp(active.at if active else None),
        heard_at=_timestamp(last_check_in.at if last_check_in else None),
        build=last_check_in.build if last_check_in else None,
        sessions=[_attended_model(place) for place in records.places],
        phone_began_at=_timestamp(records.phone.started_at if records.phone else None),
        phone_downloaded_at=_timestamp(records.phone.finished_at if records.phone else None),
    )


def _attended_model(place: AttendanceRecord) -> Attended:
    return Attended(
        kind=Kind(place.kind),
        session=place.session,
        day=place.day.isoformat(),
        ticket_at=place.first_ticket_at.isoformat(timespec="seconds"),
        started_at=_timestamp(place.started_at),
        ended_at=_timestamp(place.ended_at),
        upload_left_bytes=place.upload_left_bytes,
        upload_until=_timestamp(place.upload_until),
        completed_at=_timestamp(place.completed_at),
    )


def _timestamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
