"""The ticket rules: decide whether a device may enter a mock or a formal interview now.

They are one pure function, which reads no clock and no database, so every rule can be tested at
its boundaries. Times are half open, as the download gate's are: a session is closed at
``opens - 1 s``, open at ``opens`` and at ``closes - 1 s``, closed at ``closes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from oneseat.portal.rules.utc_interval import UtcInterval, utc
from signing.charter import Charter, FormalSession
from signing.session_times import ANY_SEAT, Order, SeatTerms, effective, names_no_session


class Kind(StrEnum):
    """What a ticket is for."""

    MOCK = "mock"
    FORMAL = "formal"


class Reason(StrEnum):
    """Why there is no ticket."""

    WITHDRAWN = "withdrawn"
    UNCONFIRMED = "unconfirmed"
    OTHER_DEVICE = "other-device"
    NO_SESSION = "no-session"
    UNASSIGNED = "unassigned"
    NOT_YET = "not-yet"
    OVER = "over"
    SUBMITTED = "submitted"
    LATE = "late"
    MOCK_TAKEN = "mock-taken"
    MOCK_LATE = "mock-late"
    MOCK_MISSING = "mock-missing"


@dataclass(frozen=True)
class FormalWindows:
    """A formal interview's windows: ``session`` from first login to submission, ``first`` for first logins.

    A candidate with a ticket may return for as long as ``session`` lasts. A first login has to
    come within ``first``.
    """

    session: UtcInterval
    first: UtcInterval

    @classmethod
    def of(cls, formal: FormalSession) -> FormalWindows:
        """The windows of a formal session in the charter."""
        last_login = min(utc(formal.login_closes), utc(formal.ends))
        return cls(UtcInterval(formal.login_opens, formal.ends), UtcInterval(formal.login_opens, last_login))


@dataclass(frozen=True)
class TicketRules:
    """The charter's rules about sessions. A session is identified by its position, which never changes.

    ``zone`` is the exam's own: it says where one day ends and the next begins.
    With ``mock_required`` a candidate without a mock is refused; otherwise they are warned.
    ``finished_counts`` says that a mock counts only when it was handed in, not when it was started.
    ``formals`` has None for an interview that is not the seat's own; ``unassigned`` says that the seat has to
    be given one first. ``last_starts`` holds the last moment to begin in each mock session, where the exam's
    room needs time for one: no first ticket is given from then on. Empty where a mock may begin until its
    session closes.
    """

    zone: tzinfo
    mocks: tuple[UtcInterval, ...]
    formals: tuple[FormalWindows | None, ...]
    mock_required: bool
    last_starts: tuple[datetime, ...] = ()
    finished_counts: bool = False
    unassigned: bool = False

    @classmethod
    def of(cls, charter: Charter, orders: Sequence[Order] = (), seat: SeatTerms = ANY_SEAT) -> TicketRules:
        """The rules of a charter for a seat. An exam without mocks cannot require one."""
        sessions = effective(charter, orders, seat)
        own = charter.room is not None
        return cls(
            zone=ZoneInfo(charter.timezone),
            mocks=tuple(UtcInterval(mock.opens, mock.closes) for mock in sessions.mocks),
            formals=tuple(FormalWindows.of(one) if one is not None else None for one in sessions.formals),
            mock_required=charter.mock_required == "gate" and bool(charter.mocks),
            last_starts=tuple(utc(mock.last_start) for mock in sessions.mocks) if own else (),
            finished_counts=charter.room is not None and charter.room.mock_counts == "finished",
            unassigned=names_no_session(charter, orders, seat),
        )

    @property
    def own_formals(self) -> tuple[tuple[int, FormalWindows], ...]:
        """The seat's formal interviews with their positions in the charter."""
        return tuple((at, formal) for at, formal in enumerate(self.formals) if formal is not None)

    def counts(self, state: MockState) -> bool:
        """Whether a candidate who came so far has taken a mock."""
        return state is MockState.FINISHED or (state is MockState.STARTED and not self.finished_counts)

    def may_begin_mock(self, session: int, now: datetime) -> bool:
        """Whether a mock that is begun now ends before its session closes."""
        return not self.last_starts or now < self.last_starts[session]

    def day(self, moment: datetime) -> date:
        """The exam's date at ``moment``."""
        return utc(moment).astimezone(self.zone).date()


@dataclass(frozen=True)
class TicketFacts:
    """The seat as the rules take it: whether it is live, and the device key that the portal confirmed."""

    live: bool
    device: bytes | None


@dataclass(frozen=True)
class UploadReport:
    """What the exam room last reported of an upload: what was left at ``at``, and until when it may go on.

    ``left_bytes`` is None where the room cannot tell. ``complete`` says that everything was received.
    """

    until: datetime
    at: datetime
    left_bytes: int | None = None
    complete: bool = False


@dataclass(frozen=True)
class AttendedSession:
    """A session that the seat has a ticket for.

    ``day`` is the exam's date at the first ticket; ``started``, ``ended`` and ``upload`` are what the
    exam room reported. ``upload`` is None where the room reports none.
    """

    kind: Kind
    session: int
    day: date
    started: bool = False
    ended: bool = False
    upload: UploadReport | None = None


@dataclass(frozen=True)
class Admission:
    """The device may enter: into this session, until ``ends`` (UTC).

    ``day`` is the day that the session counts for; ``returning`` says that it is not a
    new session but one that the seat is in already; ``unrehearsed`` that a formal
    interview is entered without a mock, of which the candidate is to be warned.
    """

    kind: Kind
    session: int
    day: date
    ends: datetime
    returning: bool
    unrehearsed: bool = False


@dataclass(frozen=True)
class Refused:
    """The device may not enter. ``at`` (UTC) is, by reason, an opening, an end, or the next possible mock."""

    kind: Kind
    reason: Reason
    at: datetime | None = None


class MockState(StrEnum):
    """How far a candidate came in the mock interviews, by the exam room's reports of all of them.

    A ticket alone is :attr:`NOT_TAKEN`: the candidate did not reach the room. :attr:`STARTED` counts
    as having taken part.
    """

    NOT_TAKEN = "not-taken"
    STARTED = "started"
    FINISHED = "finished"


def mock_state(attended: Iterable[AttendedSession]) -> MockState:
    """The furthest state of a candidate's mock interviews."""
    mocks = [attendance for attendance in attended if attendance.kind is Kind.MOCK]
    if any(attendance.ended for attendance in mocks):
        return MockState.FINISHED
    return MockState.STARTED if any(attendance.started for attendance in mocks) else MockState.NOT_TAKEN


def decide_ticket(
    now: datetime,
    kind: Kind,
    device: bytes | None,
    rules: TicketRules,
    seat: TicketFacts,
    attended: Iterable[AttendedSession],
) -> Admission | Refused:
    """Decide whether ``device`` gets a ticket at ``now``.

    ``device`` is the key that signed the request, None where its enrolment is only
    provisional. ``attended`` holds every session of the candidate so far, under this
    licence or an earlier one.
    """
    if not seat.live:
        return Refused(kind, Reason.WITHDRAWN)
    if device is None or seat.device is None:
        return Refused(kind, Reason.UNCONFIRMED)
    if seat.device != device:
        return Refused(kind, Reason.OTHER_DEVICE)
    sessions_so_far = tuple(attended)
    return (_mock if kind is Kind.MOCK else _formal)(utc(now), rules, sessions_so_far)


def _mock(now: datetime, rules: TicketRules, attended: Sequence[AttendedSession]) -> Admission | Refused:
    session = _held(now, rules.mocks)
    if session is None:
        return _shut(now, Kind.MOCK, rules.mocks)
    mocks = [attendance for attendance in attended if attendance.kind is Kind.MOCK]
    ends, today = rules.mocks[session].closes, rules.day(now)
    unfinished = [
        attendance.day for attendance in mocks if attendance.session == session and not attendance.ended
    ]
    if unfinished:
        return Admission(Kind.MOCK, session, max(unfinished), ends, returning=True)
    if any(attendance.day == today for attendance in mocks):
        return Refused(Kind.MOCK, Reason.MOCK_TAKEN, _next_mock(today, rules))
    if not rules.may_begin_mock(session, now):
        to_come = [mock.opens for mock in rules.mocks if mock.opens > now]
        return Refused(Kind.MOCK, Reason.MOCK_LATE, min(to_come, default=None))
    return Admission(Kind.MOCK, session, today, ends, returning=False)


def _formal(now: datetime, rules: TicketRules, attended: Sequence[AttendedSession]) -> Admission | Refused:
    sessions = [formal.session for _, formal in rules.own_formals]
    held = next((own for own in rules.own_formals if own[1].session.contains(now)), None)
    if held is None:
        return _shut(now, Kind.FORMAL, sessions)
    session, formal = held
    unrehearsed = bool(rules.mocks) and not rules.counts(mock_state(attended))
    for attendance in attended:
        if attendance.kind is Kind.FORMAL and attendance.session == session:
            if attendance.ended:
                return Refused(Kind.FORMAL, Reason.SUBMITTED)
            return Admission(Kind.FORMAL, session, attendance.day, formal.session.closes, True, unrehearsed)
    refused = _first_login_refused(now, rules, formal, unrehearsed=unrehearsed)
    return refused or Admission(
        Kind.FORMAL, session, rules.day(now), formal.session.closes, False, unrehearsed
    )


def _first_login_refused(
    now: datetime, rules: TicketRules, formal: FormalWindows, *, unrehearsed: bool
) -> Refused | None:
    if rules.unassigned:
        return Refused(Kind.FORMAL, Reason.UNASSIGNED)
    if not formal.first.contains(now):
        return Refused(Kind.FORMAL, Reason.LATE, formal.first.closes)
    if unrehearsed and rules.mock_required:
        return Refused(Kind.FORMAL, Reason.MOCK_MISSING)
    return None


def _held(now: datetime, windows: Sequence[UtcInterval]) -> int | None:
    return next((position for position, window in enumerate(windows) if window.contains(now)), None)


def _shut(now: datetime, kind: Kind, windows: Sequence[UtcInterval]) -> Refused:
    if not windows:
        return Refused(kind, Reason.NO_SESSION)
    to_come = [window.opens for window in windows if window.opens > now]
    if to_come:
        return Refused(kind, Reason.NOT_YET, min(to_come))
    return Refused(kind, Reason.OVER, max(window.closes for window in windows))


def _next_mock(today: date, rules: TicketRules) -> datetime | None:
    """When a candidate who has had today's mock can take another, or None where there is none."""
    tomorrow = utc(datetime.combine(today + timedelta(days=1), time(0), rules.zone))
    to_come = [max(window.opens, tomorrow) for window in rules.mocks if window.closes > tomorrow]
    return min(to_come, default=None)
