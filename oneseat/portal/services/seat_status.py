"""Reads one seat's progress (download, activation, sessions) for programs with the scope to."""

from __future__ import annotations

from datetime import datetime

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.ticket_rules import Kind
from oneseat.portal.sdk.models import Attended, SeatStatus
from oneseat.portal.services.login.visits import Visit
from oneseat.state.candidates import activations, attendance, check_ins, downloads
from oneseat.state.candidates.attendance import AttendanceRecord


def status_of_seat(exam: ServedExam, visit: Visit) -> SeatStatus:
    """The seat's progress, read in one transaction."""
    seat, decision = visit.seat, visit.decision
    with exam.database.reading() as connection:
        download = downloads.find(connection, seat.jti)
        active = activations.find(connection, seat.jti)
        last_check_in = check_ins.find_last(connection, seat.jti)
        places = attendance.find_by_seat(connection, exam.exam, seat.admission_number)
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
        sessions=[_attended_model(place) for place in places],
    )


def _attended_model(place: AttendanceRecord) -> Attended:
    return Attended(
        kind=Kind(place.kind),
        session=place.session,
        day=place.day.isoformat(),
        ticket_at=place.first_ticket_at.isoformat(timespec="seconds"),
        started_at=_timestamp(place.started_at),
        ended_at=_timestamp(place.ended_at),
    )


def _timestamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
