"""Builds one seat's history from the state: the candidate's steps and the operators' actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.portal.desk import audit_words
from oneseat.portal.desk.failure_words import TITLES, detail_of, meaning_of
from oneseat.portal.desk.obstacles import Obstacle, SeatFacts, obstacles
from oneseat.portal.desk.offers import OfferFacts
from oneseat.portal.desk.visits import zone_of
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.pages.upload_words import amount
from oneseat.portal.rules.download_gate import DownloadFacts, Grant, decide_download
from oneseat.portal.services.tickets import attended_session, upload_report
from oneseat.state.accounts import audit
from oneseat.state.candidates import (
    activations,
    attendance,
    check_ins,
    downloads,
    failures,
    login_budget,
    seat_lookup,
    seat_support,
    seats,
)
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.candidates.downloads import DownloadRecord
from oneseat.state.candidates.failures import RecordedFailure
from oneseat.state.candidates.seat_lookup import SeatState
from oneseat.state.tables.activation import PhoneDownload
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.jws import b64url_decode, parse_object
from signing.text import Text
from signing.tokens import Licence

MAX_ACTS = 200
NO_DETAIL = Text("", "")


@dataclass(frozen=True)
class Event:
    """Something that happened. ``kind`` colours it: candidate, desk or system; ``by`` is who, where known."""

    at: datetime
    title: Text
    kind: str
    detail: Text = NO_DETAIL
    by: Text = NO_DETAIL


@dataclass(frozen=True)
class History:
    """A seat's present state and its events, newest first."""

    seat: SeatState
    shown_jti: str
    facts: SeatFacts
    allowed_until: datetime | None
    failures: int
    reissue_pending: bool
    events: tuple[Event, ...]
    offer_facts: OfferFacts

    @property
    def obstacles(self) -> list[Obstacle]:
        """Why the candidate is stuck, the decisive reason first."""
        return obstacles(self.facts)


def history(exam: ServedExam, seat: SeatState, in_force: CharterInForce | None, now: datetime) -> History:
    """Everything that the desk shows of a seat, read in one transaction."""
    exam.failures.flush()
    zone, name, number = zone_of(in_force), exam.exam, seat.admission_number
    shown = seat.published_jti or seat.jti
    with exam.database.reading() as connection:
        failed = failures.find_by_seat(connection, name, number)
        events = [
            *_of_licences(connection, exam, seat, zone),
            *_of_seat(connection, name, number, zone),
            *map(_of_failure, failed),
        ]
        allowed_until = seat_support.allowed_until(connection, name, number)
        facts = _facts(connection, exam, seat, failed, _Gate(in_force, allowed_until, now))
        pending = bool(seat_support.pending_reissues(connection, name, [number]))
        places = attendance.find_by_seat(connection, name, number)
        return History(
            seat=seat,
            shown_jti=shown,
            facts=facts,
            allowed_until=allowed_until,
            failures=login_budget.seat_failures(connection, exam.pepper, name, number, shown),
            reissue_pending=pending,
            offer_facts=OfferFacts(
                now=now,
                in_force=in_force,
                active=facts.active_since is not None,
                revoked=facts.revoked,
                reissue_pending=pending,
                attended=tuple(map(attended_session, places)),
            ),
            # Reversed rather than sorted descending, so that of two events at one time the later comes first.
            events=tuple(sorted(events, key=lambda event: event.at)[::-1]),
        )


@dataclass(frozen=True)
class _Gate:
    """What decides until when a seat may download, apart from its own download."""

    in_force: CharterInForce | None
    allowed_until: datetime | None
    now: datetime

    def closes(self, record: DownloadRecord | None) -> datetime | None:
        """The moment to which the seat may fetch its installer; None where it may not."""
        if self.in_force is None:
            return None
        grant = Grant(record.last_granted_at) if record else None
        seat = DownloadFacts(True, self.allowed_until)
        return decide_download(self.now, self.in_force.rules, seat, grant).fetch_until


def _facts(
    connection: Connection, exam: ServedExam, seat: SeatState, failed: list[RecordedFailure], gate: _Gate
) -> SeatFacts:
    shown, number = seat.published_jti or seat.jti, seat.admission_number
    active, record = activations.find(connection, shown), downloads.find(connection, shown)
    check_in = check_ins.find_last(connection, shown)
    login = login_budget.subject(exam.pepper, exam.exam, number)
    activation = login_budget.activation_subject(exam.pepper, exam.exam, shown)
    return SeatFacts(
        now=gate.now,
        revoked=seat_lookup.revocation(connection, shown) is not None,
        published=seat.published_jti is not None,
        granted=record is not None,
        downloaded_at=record.finished_at if record else None,
        active_since=active.at if active else None,
        heard_at=check_in.at if check_in else None,
        login_wait_until=login_budget.read(connection, login, gate.now).next_at,
        activation_wait_until=login_budget.read(connection, activation, gate.now).next_at,
        closes=gate.closes(record),
        failures=failed,
    )


def _of_failure(failure: RecordedFailure) -> Event:
    cause, title = meaning_of(failure.kind, failure.code).cause, TITLES[failure.kind]
    words = Text(f"{title.en}: {cause.en}", f"{title.zh}：{cause.zh}")
    return Event(failure.last_at, words, "refused", detail_of(failure))


def _of_licences(
    connection: Connection, exam: ServedExam, seat: SeatState, zone: ZoneInfo
) -> Iterator[Event]:
    for jti in seat.licences:
        short = Text(f"licence {jti[:8]}", f"许可 {jti[:8]}")
        if (issued := _issued(connection, exam.exam, jti)) is not None:
            yield Event(issued, Text("Licence issued", "签发许可"), "system", short)
        yield from _of_download(connection, jti)
        yield from _of_phone(connection, jti)
        yield from _of_devices(connection, jti)
        revoked = seat_lookup.revocation(connection, jti)
        if revoked is not None and revoked[1] not in (seats.BY_OPERATOR, seats.WITHDRAWN):
            title = Text("Licence replaced by a newer one", "许可被新许可取代")
            yield Event(revoked[0], title, "system", short)
        for entry in audit.latest(connection, exam.exam, MAX_ACTS, about_jti=jti):
            words = audit_words.describe(entry, zone)
            yield Event(entry.at, words.title, "desk", words.detail, words.actor)


def _issued(connection: Connection, exam: str, jti: str) -> datetime | None:
    token = seat_lookup.first_token(connection, exam, jti)
    try:
        claims = parse_object(b64url_decode((token or "").split(".")[1]))
        return unix_time(Licence.parse(claims).iat)
    except (IndexError, OneSeatError):
        return None


def _of_download(connection: Connection, jti: str) -> Iterator[Event]:
    record = downloads.find(connection, jti)
    if record is None:
        return
    if record.started_at is not None:
        yield Event(record.started_at, Text("Download begun", "开始下载"), "candidate")
    if record.finished_at is not None:
        yield Event(record.finished_at, Text("Download finished", "下载完成"), "candidate")


def _of_phone(connection: Connection, jti: str) -> Iterator[Event]:
    record = downloads.find(connection, jti, PhoneDownload)
    if record is None:
        return
    if record.started_at is not None:
        yield Event(record.started_at, Text("Phone app's download begun", "开始下载手机端"), "candidate")
    if record.finished_at is not None:
        yield Event(record.finished_at, Text("Phone app's download finished", "手机端下载完成"), "candidate")


def _of_devices(connection: Connection, jti: str) -> Iterator[Event]:
    active = activations.find(connection, jti)
    activated = Text("Activated on a computer", "在电脑上激活")
    if active is not None:
        yield Event(active.at, activated, "candidate", _device(active.device_key))
    check_in = check_ins.find_last(connection, jti)
    if check_in is not None:
        build = Text(f"build {check_in.build[:8]}", f"构建 {check_in.build[:8]}")
        yield Event(check_in.at, Text("Client last heard of", "客户端最近一次联系"), "candidate", build)
    for activated_at, _, key in seat_support.retired_devices(connection, jti):
        yield Event(activated_at, activated, "candidate", _device(key))


def _device(key: bytes) -> Text:
    shown = key.hex()[:8]
    return Text(f"computer {shown}", f"电脑 {shown}")


def _of_seat(connection: Connection, exam: str, number: str, zone: ZoneInfo) -> Iterator[Event]:
    for _, done in seat_support.reissues(connection, exam, number):
        if done is not None:
            yield Event(done, Text("New licence made, as asked", "已按申请重新签发"), "system")
    for place in attendance.find_by_seat(connection, exam, number):
        mock = place.kind == "mock"
        what = Text("mock interview", "模拟面试") if mock else Text("formal interview", "正式面试")
        day = Text(place.day.isoformat(), place.day.isoformat())
        entry = Text(f"Entry ticket for the {what.en}", f"领取{what.zh}入场凭证")
        yield Event(place.first_ticket_at, entry, "candidate", day)
        if place.started_at is not None:
            yield Event(place.started_at, Text(f"Began the {what.en}", f"开始{what.zh}"), "candidate", day)
        if place.ended_at is not None:
            yield Event(place.ended_at, Text(f"Ended the {what.en}", f"结束{what.zh}"), "candidate", day)
        yield from _of_upload(place, what, zone)


def _of_upload(place: AttendanceRecord, what: Text, zone: ZoneInfo) -> Iterator[Event]:
    """The upload's last report, or that everything was received."""
    report = upload_report(place)
    if report is None:
        return
    if report.complete:
        title = Text(
            f"Answers and recordings of the {what.en} received", f"{what.zh}交卷完成，录像已全部收到"
        )
        yield Event(report.at, title, "candidate")
        return
    left, until = amount(report), schedule.deadline(report.until, zone)
    title = Text(f"Recordings of the {what.en} still to be uploaded", f"{what.zh}还有录像未上传")
    detail = Text(f"{left.en}, before {until.en}", f"还有{left.zh}录像，最晚 {until.zh}")
    yield Event(report.at, title, "candidate", detail)
