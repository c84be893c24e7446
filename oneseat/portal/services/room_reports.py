"""Records an exam room's reports of starts, ends and uploads; a client's word does not count here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.tickets import RoomReportRefused
from oneseat.portal.rules.utc_interval import utc
from oneseat.state.candidates import activations, attendance, seats
from oneseat.state.candidates.attendance import AttendanceRecord
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.refusals import LicenceForOtherExam
from signing.text import Text
from signing.tokens import Ticket

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the room's clock may be from the portal's."""

_NO_PLACE = Text("its candidate has no place in this session", "该考生在本场次没有入场记录")
_BEFORE_TICKET = Text("it happened before the ticket was given", "事件时间早于凭证签发时间")
_TO_COME = Text("it has not happened yet", "事件时间晚于当前时间")
_OFF_CALENDAR = Text("the time is outside the calendar", "时间超出范围")
_AFTER_END = Text("nobody starts after the session's end", "事件时间晚于该场次结束时间，不能视为开始")


@dataclass(frozen=True)
class RoomReport:
    """What happened to the candidate who brought ``ticket``; ``at`` is None for just now."""

    ticket: str = field(repr=False)
    at: datetime | None


@dataclass(frozen=True)
class ReportedUpload:
    """What was left to upload at the report's time, and until when it may be; None is not known."""

    report: RoomReport
    until: datetime
    left_bytes: int | None
    complete: bool


@dataclass(frozen=True)
class ReportedPlace:
    """The place after the report.

    ``in_force`` says whether the ticket still lets its bearer in: the seat is not revoked, the
    device is still the seat's, and the session is neither over nor handed in.
    """

    place: AttendanceRecord
    in_force: bool


def report_start(exam: ServedExam, report: RoomReport, now: datetime) -> ReportedPlace:
    """Record that a candidate took part from ``report.at`` on. Idempotent: the first report counts.

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the ticket is not ours.
        RoomReportRefused: the time does not fit the ticket, or the ticket's candidate has no place.
    """
    ticket = _verify_ticket(exam, report)
    at = _reported_time(ticket, report, now)
    if at >= unix_time(ticket.exp):
        raise RoomReportRefused(reason=_AFTER_END)
    with exam.database.writing() as connection:
        place = _place(connection, ticket)
        attendance.record_start(connection, place, at)
        return _reported_place(connection, ticket, replace(place, started_at=place.started_at or at), now)


def report_end(exam: ServedExam, report: RoomReport, now: datetime) -> ReportedPlace:
    """Record that a candidate handed in at ``report.at``, or had to. Idempotent: the first report counts.

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the ticket is not ours.
        RoomReportRefused: the time does not fit the ticket, or the ticket's candidate has no place.
    """
    ticket = _verify_ticket(exam, report)
    at = _reported_time(ticket, report, now)
    with exam.database.writing() as connection:
        place = _place(connection, ticket)
        attendance.record_end(connection, place, at)
        reported = replace(place, started_at=place.started_at or at, ended_at=place.ended_at or at)
        return _reported_place(connection, ticket, reported, now)


def report_upload(exam: ServedExam, upload: ReportedUpload, now: datetime) -> AttendanceRecord:
    """Record how far an upload is, and return the place. Of late reports the latest counts, then completion.

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the ticket is not ours.
        RoomReportRefused: the time does not fit the ticket, or the ticket's candidate has no place.
    """
    ticket = _verify_ticket(exam, upload.report)
    at = _reported_time(ticket, upload.report, now)
    until = _in_utc(upload.until)
    with exam.database.writing() as connection:
        place = _place(connection, ticket)
        if upload.complete:
            attendance.record_completion(connection, place, until, at)
        else:
            attendance.record_upload(connection, place, upload.left_bytes, until, at)
        return _place(connection, ticket)


def _verify_ticket(exam: ServedExam, report: RoomReport) -> Ticket:
    """The ticket, after its signature and exam have been verified. It may have expired: reports come late."""
    ticket = Ticket.verify(report.ticket, exam.charter().charter.keys_for("ticket"))
    if ticket.exam != exam.exam:
        raise LicenceForOtherExam
    return ticket


def _reported_time(ticket: Ticket, report: RoomReport, now: datetime) -> datetime:
    at = _in_utc(report.at or now)
    if at > now + CLOCK_TOLERANCE:
        raise RoomReportRefused(reason=_TO_COME)
    if at < unix_time(ticket.iat) - CLOCK_TOLERANCE:
        raise RoomReportRefused(reason=_BEFORE_TICKET)
    return at


def _in_utc(moment: datetime) -> datetime:
    try:
        return utc(moment)
    except OverflowError:  # the first or the last day of the calendar, somewhere else
        raise RoomReportRefused(reason=_OFF_CALENDAR) from None


def _place(connection: Connection, ticket: Ticket) -> AttendanceRecord:
    issued_at = unix_time(ticket.iat)
    place = attendance.find_by_ticket(
        connection, ticket.exam, ticket.jti, ticket.kind, int(ticket.session), issued_at
    )
    if place is None:
        raise RoomReportRefused(reason=_NO_PLACE)
    return place


def _reported_place(
    connection: Connection, ticket: Ticket, place: AttendanceRecord, now: datetime
) -> ReportedPlace:
    seat = seats.find_by_jti(connection, ticket.exam, ticket.jti)
    active = activations.find(connection, ticket.jti)
    same_device = active is not None and active.device_key == b64url_decode(ticket.device)
    live = seat is not None and not seat.revoked and same_device
    return ReportedPlace(place, live and place.ended_at is None and now < unix_time(ticket.exp))
