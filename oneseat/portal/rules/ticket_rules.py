"""The ticket rules: whether a device may enter a mock or a formal interview, now.

One pure function over values. It reads no clock and no database, so every rule can be
tested at its boundaries. Times are half open, as the download gate's are: a door is shut
at ``opens - 1 s``, open at ``opens`` and at ``closes - 1 s``, shut at ``closes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from oneseat.portal.rules.download_gate import Window, utc
from signing.charter import Charter, FormalSession


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
    NOT_YET = "not-yet"
    OVER = "over"
    SUBMITTED = "submitted"
    LATE = "late"
    MOCK_TAKEN = "mock-taken"
    MOCK_MISSING = "mock-missing"


@dataclass(frozen=True)
class Door:
    """One formal interview: ``session`` from its first login to submission, ``first`` for first logins.

    Who has been let in may come back for as long as ``session`` lasts; a first login is
    for ``first`` alone.
    """

    session: Window
    first: Window

    @classmethod
    def of(cls, formal: FormalSession) -> Door:
        """The door of a formal session in the charter."""
        last_login = min(utc(formal.login_closes), utc(formal.ends))
        return cls(Window(formal.login_opens, formal.ends), Window(formal.login_opens, last_login))


@dataclass(frozen=True)
class TicketRules:
    """What the charter says about sessions. A session is known by its position, which never changes.

    ``zone`` is the exam's own: it says where one day ends and the next begins.
    ``mock_required`` bars who took no part in a mock; otherwise they are warned.
    """

    zone: tzinfo
    mocks: tuple[Window, ...]
    formals: tuple[Door, ...]
    mock_required: bool

    @classmethod
    def of(cls, charter: Charter) -> TicketRules:
        """The rules of a charter. An exam without mocks cannot require one."""
        return cls(
            zone=ZoneInfo(charter.timezone),
            mocks=tuple(Window(mock.opens, mock.closes) for mock in charter.mocks),
            formals=tuple(Door.of(one) for one in charter.formals),
            mock_required=charter.mock_required == "gate" and bool(charter.mocks),
        )

    def day(self, moment: datetime) -> date:
        """The exam's date at ``moment``."""
        return utc(moment).astimezone(self.zone).date()


@dataclass(frozen=True)
class SeatFacts:
    """What the rules need to know of a seat: whether it stands, and which device key the portal confirmed."""

    live: bool
    device: bytes | None


@dataclass(frozen=True)
class Attended:
    """A session that the seat has a ticket for.

    ``day`` is the exam's date at the first ticket; ``started`` and ``ended`` are what the
    exam room reported, never what a client said.
    """

    kind: Kind
    session: int
    day: date
    started: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Entry:
    """Yes: into this session, until ``ends`` (UTC).

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
    """No. ``at`` (UTC) is when it opens, when it closed, or when the next mock is possible, by reason."""

    kind: Kind
    reason: Reason
    at: datetime | None = None


def decide(
    now: datetime,
    kind: Kind,
    device: bytes | None,
    rules: TicketRules,
    seat: SeatFacts,
    attended: Iterable[Attended],
) -> Entry | Refused:
    """Whether ``device`` gets a ticket at ``now``.

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
    been = tuple(attended)
    return (_mock if kind is Kind.MOCK else _formal)(utc(now), rules, been)


def _mock(now: datetime, rules: TicketRules, attended: Sequence[Attended]) -> Entry | Refused:
    session = _held(now, rules.mocks)
    if session is None:
        return _shut(now, Kind.MOCK, rules.mocks)
    mocks = [one for one in attended if one.kind is Kind.MOCK]
    ends, today = rules.mocks[session].closes, rules.day(now)
    unfinished = [one.day for one in mocks if one.session == session and not one.ended]
    if unfinished:
        return Entry(Kind.MOCK, session, max(unfinished), ends, returning=True)
    if any(one.day == today for one in mocks):
        return Refused(Kind.MOCK, Reason.MOCK_TAKEN, _next_mock(today, rules))
    return Entry(Kind.MOCK, session, today, ends, returning=False)


def _formal(now: datetime, rules: TicketRules, attended: Sequence[Attended]) -> Entry | Refused:
    sessions = [door.session for door in rules.formals]
    session = _held(now, sessions)
    if session is None:
        return _shut(now, Kind.FORMAL, sessions)
    door = rules.formals[session]
    unrehearsed = bool(rules.mocks) and not any(one.kind is Kind.MOCK and one.started for one in attended)
    for one in attended:
        if one.kind is Kind.FORMAL and one.session == session:
            if one.ended:
                return Refused(Kind.FORMAL, Reason.SUBMITTED)
            return Entry(Kind.FORMAL, session, one.day, door.session.closes, True, unrehearsed)
    if not door.first.holds(now):
        return Refused(Kind.FORMAL, Reason.LATE, door.first.closes)
    if unrehearsed and rules.mock_required:
        return Refused(Kind.FORMAL, Reason.MOCK_MISSING)
    return Entry(Kind.FORMAL, session, rules.day(now), door.session.closes, False, unrehearsed)


def _held(now: datetime, windows: Sequence[Window]) -> int | None:
    return next((position for position, window in enumerate(windows) if window.holds(now)), None)


def _shut(now: datetime, kind: Kind, windows: Sequence[Window]) -> Refused:
    if not windows:
        return Refused(kind, Reason.NO_SESSION)
    to_come = [window.opens for window in windows if window.opens > now]
    if to_come:
        return Refused(kind, Reason.NOT_YET, min(to_come))
    return Refused(kind, Reason.OVER, max(window.closes for window in windows))


def _next_mock(today: date, rules: TicketRules) -> datetime | None:
    """When a mock can be taken again by who has taken today's, or None when there is none to come."""
    tomorrow = utc(datetime.combine(today + timedelta(days=1), time(0), rules.zone))
    to_come = [max(window.opens, tomorrow) for window in rules.mocks if window.closes > tomorrow]
    return min(to_come, default=None)
