"""The candidate's state: one pure function from times and facts to one page, one action, one deadline.

It reads no clock and no database. It asks the download gate and the ticket rules themselves, so a page
cannot offer what they would refuse. It is total: every combination of facts at every moment has a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from oneseat.portal.rules.candidate_stages import Action, DeadlineKind, Offer, Outlook, Stage
from oneseat.portal.rules.download_gate import (
    Decision,
    DownloadFacts,
    DownloadRules,
    Grant,
    Phase,
    Refusal,
    decide_download,
    phase_at,
    start_until,
)
from oneseat.portal.rules.ticket_rules import (
    Admission,
    AttendedSession,
    Kind,
    MockState,
    Reason,
    Refused,
    TicketFacts,
    TicketRules,
    decide_ticket,
    mock_state,
)
from oneseat.portal.rules.uploads import NO_UPLOAD, Upload, upload_of
from oneseat.portal.rules.utc_interval import utc

_ANY_DEVICE = b"the seat's own device"
"""A placeholder for the seat's device, to ask what the rules would answer once it is activated."""


@dataclass(frozen=True)
class Calendar:
    """The charter's times. ``starts`` has the start of each formal interview, by its position.

    ``ends`` is when licences expire: nothing can be activated from then on. ``keep_until`` is None where no
    date is known.
    """

    download: DownloadRules
    tickets: TicketRules
    starts: tuple[datetime, ...]
    ends: datetime
    keep_until: datetime | None = None


@dataclass(frozen=True)
class ExamCondition:
    """The exam as the portal serves it now."""

    released: bool = True
    maintenance: bool = False


@dataclass(frozen=True)
class SeatProgress:
    """What the state database has on one seat.

    ``granted_at`` is the gate's latest grant; ``finished`` says that a whole installer was sent.
    ``end_seen`` is False where a bucket sends installers: their end is then never recorded.
    """

    download: DownloadFacts
    granted_at: datetime | None = None
    finished: bool = False
    end_seen: bool = True
    activated: bool = False
    attended: tuple[AttendedSession, ...] = ()

    @property
    def has_client(self) -> bool:
        """Whether the candidate has the installer: it was sent to its end, or activated a device."""
        return self.finished or self.activated


class Deadline(NamedTuple):
    """The one moment (UTC) that a page counts down to, and what happens then."""

    kind: DeadlineKind
    at: datetime


@dataclass(frozen=True)
class CandidateState:
    """The state of one candidate, or of a visitor who is not logged in (then ``gate`` is None).

    ``offer`` is what the download link gives. ``mock`` is how far the candidate came in the mocks.
    ``outlook`` says what is out of reach. ``formal`` is the position of the interview with a clock.
    ``upload`` is how far the recordings of what was handed in are, whatever the stage.
    """

    stage: Stage
    action: Action
    deadline: Deadline | None = None
    offer: Offer = Offer.NONE
    mock: MockState = MockState.NOT_TAKEN
    outlook: Outlook = Outlook.OPEN
    formal: int | None = None
    gate: Decision | None = None
    upload: Upload = NO_UPLOAD


def candidate_state(
    now: datetime, calendar: Calendar, exam: ExamCondition, seat: SeatProgress | None
) -> CandidateState:
    """The state at ``now`` (aware) of a seat, or of a visitor where ``seat`` is None."""
    now = utc(now)
    if exam.maintenance:
        return CandidateState(Stage.MAINTENANCE, Action.WAIT)
    if seat is None:
        return _visitor_state(now, calendar.download, released=exam.released)
    return _SeatState(now, calendar, seat).state()


def _visitor_state(now: datetime, rules: DownloadRules, *, released: bool) -> CandidateState:
    phase = phase_at(now, rules)
    opens = next((window.opens for window in rules.windows if window.opens > now), None)
    to_open = None if opens is None else Deadline(DeadlineKind.DOWNLOAD_OPENS, opens)
    if phase is Phase.BEFORE:
        return CandidateState(Stage.BEFORE, Action.PREPARE, to_open)
    if not released:
        return CandidateState(Stage.NO_RELEASE, Action.CALL if phase is Phase.CLOSED else Action.WAIT)
    if phase is not Phase.OPEN:
        return CandidateState(Stage.CLOSED, Action.LOG_IN, to_open)
    closes = next(window.closes for window in rules.windows if window.contains(now))
    return CandidateState(Stage.WINDOW, Action.LOG_IN, Deadline(DeadlineKind.DOWNLOAD_CLOSES, closes))


_KEPT_OUT = {Reason.MOCK_MISSING: Stage.BARRED, Reason.UNASSIGNED: Stage.UNASSIGNED}
"""Stages of an interview that is held and that the candidate may not enter; otherwise it is too late."""


class _SeatState:
    """Computes the state of one seat at one moment (UTC)."""

    def __init__(self, now: datetime, calendar: Calendar, seat: SeatProgress) -> None:
        self.now = now
        self.calendar = calendar
        self.seat = seat
        self.rules = calendar.tickets
        grant = None if seat.granted_at is None else Grant(seat.granted_at)
        self.gate = decide_download(now, calendar.download, seat.download, grant)
        self.mock = self._ask(Kind.MOCK)
        self.formal = self._ask(Kind.FORMAL)
        self.taken = mock_state(seat.attended)
        self.upload = upload_of(now, seat.attended)

    def state(self) -> CandidateState:
        """The state. A seat that is revoked, or has no client yet, is not asked about interviews."""
        if not self.seat.download.live:
            return self._at(Stage.REVOKED, Action.CALL)
        if not self.seat.has_client:
            return self._without_client()
        return self._with_client()

    def _ask(self, kind: Kind) -> Admission | Refused:
        """What the ticket rules answer the seat's device, or would once it is activated."""
        facts = TicketFacts(live=True, device=_ANY_DEVICE)
        return decide_ticket(self.now, kind, _ANY_DEVICE, self.rules, facts, self.seat.attended)

    def _at(
        self, stage: Stage, action: Action, deadline: Deadline | None = None, formal: int | None = None
    ) -> CandidateState:
        return CandidateState(
            stage,
            action,
            deadline,
            self._offer(),
            self.taken,
            self._outlook(),
            formal,
            self.gate,
            self.upload,
        )

    def _offer(self) -> Offer:
        if not self.gate.may_fetch:
            return Offer.NONE
        if self.seat.has_client:
            return Offer.AGAIN
        return Offer.RESUME if self.seat.granted_at is not None else Offer.START

    # ------------------------------------------------------------------------------ until the download

    def _without_client(self) -> CandidateState:
        if self.gate.may_fetch:
            return self._may_download()
        if self.gate.opens is not None and self.gate.refusal is not Refusal.WITHDRAWN:
            deadline = Deadline(DeadlineKind.DOWNLOAD_OPENS, self.gate.opens)
            return self._at(Stage.BEFORE, Action.PREPARE, deadline)
        if self.seat.granted_at is None:
            return self._at(Stage.MISSED, Action.CALL)
        if self.seat.end_seen or self.now >= utc(self.calendar.ends):
            return self._at(Stage.LOST, Action.CALL)
        return self._at(Stage.UNCONFIRMED, Action.INSTALL)

    def _may_download(self) -> CandidateState:
        if self.seat.granted_at is not None:
            return self._at(Stage.BROKEN_OFF, Action.RESUME, self._fetch_deadline())
        stage = Stage.WINDOW if self.gate.phase is Phase.OPEN else Stage.LATE_PERMISSION
        return self._at(stage, Action.DOWNLOAD, self._fetch_deadline())

    def _fetch_deadline(self) -> Deadline:
        """The end of what lets a download start; the grace counts only after that, for one begun in time."""
        until = start_until(self.now, self.calendar.download, self.seat.download)
        if until is None:
            # may_fetch without may_start: the grace is running, and the gate says until when.
            return Deadline(DeadlineKind.GRACE_ENDS, self.gate.fetch_until or self.now)
        in_window = any(
            window.contains(self.now) and window.closes == until for window in self.calendar.download.windows
        )
        kind = DeadlineKind.DOWNLOAD_CLOSES if in_window else DeadlineKind.PERMISSION_ENDS
        return Deadline(kind, until)

    # ------------------------------------------------------------------------------- after the download

    def _with_client(self) -> CandidateState:
        if self._is_over() or self._has_handed_in():
            return self._after()
        session = self._session_held()
        if session is not None:
            return self._in_interview(session)
        if isinstance(self.mock, Admission) and not self._mock_can_wait():
            return self._at(
                Stage.MOCK_OPEN,
                self._once_activated(Action.TAKE_MOCK),
                Deadline(DeadlineKind.MOCK_CLOSES, self.mock.ends),
            )
        opens = self._login_opens()
        if opens is not None and self._outlook() is Outlook.NO_INTERVIEW:
            return self._at(Stage.BARRED, Action.CALL)
        if opens is not None and self.rules.day(opens) == self.rules.day(self.now):
            return self._on_the_day(opens)
        return self._uploading() or self._before_the_day(opens)

    def _on_the_day(self, opens: datetime) -> CandidateState:
        """The day of an interview, while login to none is open."""
        if self.rules.unassigned:
            return self._at(Stage.UNASSIGNED, Action.CALL)
        return self._waiting(
            Stage.INTERVIEW_DAY, DeadlineKind.LOGIN_OPENS, opens, self._formal_opening_at(opens)
        )

    def _before_the_day(self, opens: datetime | None) -> CandidateState:
        """A day without an interview, and without a mock that has to be taken now."""
        next_mock = self._next_mock()
        if self.taken is MockState.FINISHED and (next_mock or isinstance(self.mock, Admission)):
            return self._waiting(Stage.MOCK_COUNTED, DeadlineKind.LOGIN_OPENS, opens)
        if next_mock is not None:
            stage = Stage.DOWNLOADED if self.gate.phase is Phase.OPEN else Stage.BETWEEN
            return self._waiting(stage, DeadlineKind.MOCK_OPENS, next_mock)
        if opens is None:
            return self._after()
        return self._waiting(Stage.AFTER_MOCKS, DeadlineKind.LOGIN_OPENS, opens)

    def _in_interview(self, session: int) -> CandidateState:
        """While an interview is held: the next of last login, start and end that concerns the candidate."""
        if isinstance(self.formal, Refused):
            stage = _KEPT_OUT.get(self.formal.reason, Stage.TOO_LATE)
            return self._at(stage, Action.CALL, formal=session)
        windows, starts = dict(self.rules.own_formals)[session], utc(self.calendar.starts[session])
        if not self.formal.returning:
            deadline = Deadline(DeadlineKind.LAST_LOGIN, windows.first.closes)
        elif self.now < starts < windows.session.closes:
            deadline = Deadline(DeadlineKind.INTERVIEW_STARTS, starts)
        else:
            deadline = Deadline(DeadlineKind.INTERVIEW_ENDS, windows.session.closes)
        action = self._once_activated(Action.ENTER_INTERVIEW)
        return self._at(Stage.INTERVIEW_DAY, action, deadline, session)

    def _uploading(self) -> CandidateState | None:
        """The state of recordings that are to be uploaded; None where nothing is left."""
        left = self.upload.left_of
        if left is None:
            return None
        return self._at(Stage.UPLOADING, Action.UPLOAD, Deadline(DeadlineKind.UPLOAD_ENDS, utc(left.until)))

    def _after(self) -> CandidateState:
        return self._uploading() or self._over()

    def _over(self) -> CandidateState:
        keep_until = self.calendar.keep_until
        if keep_until is not None and utc(keep_until) <= self.now:
            return self._at(Stage.AFTER, Action.WAIT)
        deadline = None if keep_until is None else Deadline(DeadlineKind.KEEP_UNTIL, utc(keep_until))
        return self._at(Stage.AFTER, Action.KEEP, deadline)

    def _waiting(
        self, stage: Stage, kind: DeadlineKind, at: datetime | None, formal: int | None = None
    ) -> CandidateState:
        deadline = None if at is None else Deadline(kind, at)
        return self._at(stage, self._once_activated(Action.WAIT), deadline, formal)

    def _once_activated(self, action: Action) -> Action:
        return action if self.seat.activated else Action.INSTALL

    # ------------------------------------------------------------------------------------------- facts

    def _is_over(self) -> bool:
        """Whether nothing is left to do: licences have expired, or all interviews are over."""
        over = isinstance(self.formal, Refused) and self.formal.reason is Reason.OVER
        return over or self.now >= utc(self.calendar.ends)

    def _has_handed_in(self) -> bool:
        """Whether an interview was handed in and the candidate is not in another one. Each takes one.

        One that an order has replaced is not the seat's own any more, and does not count.
        """
        own = {position for position, _ in self.rules.own_formals}
        formals = [place for place in self.seat.attended if place.kind is Kind.FORMAL]
        handed_in = any(place.ended and place.session in own for place in formals)
        return handed_in and not (isinstance(self.formal, Admission) and self.formal.returning)

    def _session_held(self) -> int | None:
        formals = self.rules.own_formals
        return next((at for at, formal in formals if formal.session.contains(self.now)), None)

    def _formal_opening_at(self, opens: datetime) -> int:
        return next(at for at, formal in self.rules.own_formals if formal.session.opens == opens)

    def _login_opens(self) -> datetime | None:
        """When login to the next interview opens, if one is to come."""
        return self.formal.at if isinstance(self.formal, Refused) else None

    def _next_mock(self) -> datetime | None:
        """When the candidate can next enter a mock, if not now."""
        to_come = (Reason.NOT_YET, Reason.MOCK_TAKEN, Reason.MOCK_LATE)
        if isinstance(self.mock, Refused) and self.mock.reason in to_come:
            return self.mock.at
        return None

    def _mock_can_wait(self) -> bool:
        """Whether something else is next while a mock is open: one is finished, or the interview is today."""
        opens = self._login_opens()
        today = opens is not None and self.rules.day(opens) == self.rules.day(self.now)
        return self.taken is MockState.FINISHED or (today and self.taken is MockState.STARTED)

    def _outlook(self) -> Outlook:
        """What is out of reach by the ticket rules, whatever the candidate does from now on."""
        if not self.rules.own_formals or (isinstance(self.formal, Admission) and self.formal.returning):
            return Outlook.OPEN
        last = max(formal.first.closes for _, formal in self.rules.own_formals)
        if self.now >= min(last, utc(self.calendar.ends)):
            return Outlook.INTERVIEW_OVER
        mock_to_come = isinstance(self.mock, Admission) or self._next_mock() is not None
        if not self.rules.mocks or self.rules.counts(self.taken) or mock_to_come:
            return Outlook.OPEN
        return Outlook.NO_INTERVIEW if self.rules.mock_required else Outlook.UNREHEARSED
