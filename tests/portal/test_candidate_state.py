"""Every candidate has one state at every moment, and no state offers what the rules would refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.candidate_stages import TABLE, Action, DeadlineKind, Offer, Outlook, Stage
from oneseat.portal.rules.candidate_state import (
    Calendar,
    CandidateState,
    Deadline,
    ExamCondition,
    SeatProgress,
    candidate_state,
)
from oneseat.portal.rules.download_gate import (
    DownloadFacts,
    DownloadRules,
    Grant,
    decide_download,
    phase_at,
)
from oneseat.portal.rules.ticket_rules import (
    Admission,
    AttendedSession,
    FormalWindows,
    Kind,
    MockState,
    Reason,
    Refused,
    TicketFacts,
    TicketRules,
    UploadReport,
    decide_ticket,
    mock_state,
)
from oneseat.portal.rules.uploads import UploadState, upload_of
from oneseat.portal.rules.utc_interval import UtcInterval, utc
from tests.charters import BEIJING, at

SECOND = timedelta(seconds=1)
SERVED = ExamCondition()
DEVICE = b"d" * 32

FORMAL = FormalWindows(UtcInterval(at(10, 10, 10), at(10, 11, 10)), UtcInterval(at(10, 10, 10), at(10, 11)))
EXAM_A = Calendar(
    download=DownloadRules((UtcInterval(at(4, 10), at(5, 23)),), timedelta(hours=1)),
    tickets=TicketRules(
        zone=BEIJING,
        mocks=(UtcInterval(at(4, 10), at(5, 0)), UtcInterval(at(5, 10), at(6, 0))),
        formals=(FORMAL,),
        mock_required=True,
    ),
    starts=(at(10, 11),),
    ends=at(31, 0),
)
EXAM_B = replace(EXAM_A, tickets=replace(EXAM_A.tickets, mock_required=False))

LIVE = DownloadFacts(live=True)
FRESH = SeatProgress(LIVE)
BEGUN = SeatProgress(LIVE, granted_at=at(4, 12))
DONE = replace(BEGUN, finished=True)
ACTIVE = replace(DONE, activated=True)


def mock(day: int, *, started: bool = False, ended: bool = False) -> AttendedSession:
    return AttendedSession(Kind.MOCK, day - 4, date(2035, 1, day), started, ended)


FINISHED = replace(ACTIVE, attended=(mock(4, started=True, ended=True),))
STARTED = replace(ACTIVE, attended=(mock(4, started=True),))
ENTERED = AttendedSession(Kind.FORMAL, 0, date(2035, 1, 10), started=True)


def state(now: datetime, seat: SeatProgress | None = None, calendar: Calendar = EXAM_A) -> CandidateState:
    return candidate_state(now, calendar, SERVED, seat)


D = DeadlineKind

DAYS = [
    # A visitor
    (at(3, 9), None, Stage.BEFORE, Action.PREPARE, D.DOWNLOAD_OPENS, at(4, 10)),
    (at(4, 10) - SECOND, None, Stage.BEFORE, Action.PREPARE, D.DOWNLOAD_OPENS, at(4, 10)),
    (at(4, 10), None, Stage.WINDOW, Action.LOG_IN, D.DOWNLOAD_CLOSES, at(5, 23)),
    (at(5, 23), None, Stage.CLOSED, Action.LOG_IN, None, None),
    # The download
    (at(4, 12), FRESH, Stage.WINDOW, Action.DOWNLOAD, D.DOWNLOAD_CLOSES, at(5, 23)),
    (at(5, 23), FRESH, Stage.MISSED, Action.CALL, None, None),
    (at(4, 13), BEGUN, Stage.BROKEN_OFF, Action.RESUME, D.DOWNLOAD_CLOSES, at(5, 23)),
    (at(5, 23), BEGUN, Stage.BROKEN_OFF, Action.RESUME, D.GRACE_ENDS, at(6, 0)),
    (at(6, 0), BEGUN, Stage.LOST, Action.CALL, None, None),
    (at(6, 0), replace(BEGUN, end_seen=False), Stage.UNCONFIRMED, Action.INSTALL, None, None),
    # After the download, with the first mock day's hours
    (at(4, 12), DONE, Stage.MOCK_OPEN, Action.INSTALL, D.MOCK_CLOSES, at(5, 0)),
    (at(4, 12), ACTIVE, Stage.MOCK_OPEN, Action.TAKE_MOCK, D.MOCK_CLOSES, at(5, 0)),
    (at(5, 0), ACTIVE, Stage.DOWNLOADED, Action.WAIT, D.MOCK_OPENS, at(5, 10)),
    (at(5, 0), DONE, Stage.DOWNLOADED, Action.INSTALL, D.MOCK_OPENS, at(5, 10)),
    (at(4, 20), STARTED, Stage.MOCK_OPEN, Action.TAKE_MOCK, D.MOCK_CLOSES, at(5, 0)),
    (at(5, 0), STARTED, Stage.DOWNLOADED, Action.WAIT, D.MOCK_OPENS, at(5, 10)),
    (at(4, 20), FINISHED, Stage.MOCK_COUNTED, Action.WAIT, D.LOGIN_OPENS, at(10, 10, 10)),
    (at(5, 23, 30), FINISHED, Stage.MOCK_COUNTED, Action.WAIT, D.LOGIN_OPENS, at(10, 10, 10)),
    # After the mocks
    (at(6, 0), FINISHED, Stage.AFTER_MOCKS, Action.WAIT, D.LOGIN_OPENS, at(10, 10, 10)),
    (at(6, 0), STARTED, Stage.AFTER_MOCKS, Action.WAIT, D.LOGIN_OPENS, at(10, 10, 10)),
    (at(6, 0), ACTIVE, Stage.BARRED, Action.CALL, None, None),
    # The interview's clock
    (at(10, 0), FINISHED, Stage.INTERVIEW_DAY, Action.WAIT, D.LOGIN_OPENS, at(10, 10, 10)),
    (at(10, 10, 10), FINISHED, Stage.INTERVIEW_DAY, Action.ENTER_INTERVIEW, D.LAST_LOGIN, at(10, 11)),
    (at(10, 11), FINISHED, Stage.TOO_LATE, Action.CALL, None, None),
    (at(10, 10, 30), ACTIVE, Stage.BARRED, Action.CALL, None, None),
    (at(10, 11, 10), FINISHED, Stage.AFTER, Action.KEEP, None, None),
]


@pytest.mark.parametrize(("now", "seat", "stage", "action", "kind", "until"), DAYS)
def test_the_first_exams_days_have_one_state_each(
    now: datetime,
    seat: SeatProgress | None,
    stage: Stage,
    action: Action,
    kind: DeadlineKind | None,
    until: datetime | None,
) -> None:
    found = state(now, seat)
    assert (found.stage, found.action) == (stage, action)
    assert found.deadline == (None if kind is None or until is None else Deadline(kind, utc(until)))


def test_inside_the_interview_the_clock_goes_on_to_start_and_end() -> None:
    inside = replace(FINISHED, attended=(*FINISHED.attended, ENTERED))
    assert state(at(10, 10, 40), inside).deadline == Deadline(D.INTERVIEW_STARTS, utc(at(10, 11)))
    assert state(at(10, 11), inside).deadline == Deadline(D.INTERVIEW_ENDS, utc(at(10, 11, 10)))
    handed_in = replace(inside, attended=(*FINISHED.attended, replace(ENTERED, ended=True)))
    assert state(at(10, 11, 5), handed_in).stage is Stage.AFTER


def test_who_handed_in_is_not_called_to_the_days_other_interview() -> None:
    second = FormalWindows(UtcInterval(at(10, 13), at(10, 15)), UtcInterval(at(10, 13), at(10, 14)))
    both = replace(
        EXAM_A, tickets=replace(EXAM_A.tickets, formals=(FORMAL, second)), starts=(at(10, 11), at(10, 14))
    )
    handed_in = replace(FINISHED, attended=(*FINISHED.attended, replace(ENTERED, ended=True)))
    for now in (at(10, 11, 5), at(10, 12), at(10, 13, 30)):
        assert state(now, handed_in, both).stage is Stage.AFTER


def test_a_late_permission_after_the_mocks_gives_no_interview_where_a_mock_is_required() -> None:
    allowed = SeatProgress(DownloadFacts(live=True, admitted_until=at(6, 20)))
    found = state(at(6, 14), allowed)
    assert (found.stage, found.offer) == (Stage.LATE_PERMISSION, Offer.START)
    assert found.deadline == Deadline(D.PERMISSION_ENDS, utc(at(6, 20)))
    assert found.outlook is Outlook.NO_INTERVIEW
    assert state(at(6, 14), allowed, EXAM_B).outlook is Outlook.UNREHEARSED
    later = SeatProgress(DownloadFacts(live=True, admitted_until=at(11, 20)))
    assert state(at(11, 14), later, EXAM_B).outlook is Outlook.INTERVIEW_OVER
    assert state(at(5, 23, 30), allowed).outlook is Outlook.OPEN, "the last mock is still open"


def test_without_a_mock_an_exam_that_only_warns_goes_on() -> None:
    found = state(at(6, 0), ACTIVE, EXAM_B)
    assert (found.stage, found.outlook) == (Stage.AFTER_MOCKS, Outlook.UNREHEARSED)


def test_an_exam_without_a_release_has_no_login_in_its_window_and_before_it_only_waits() -> None:
    unissued = ExamCondition(released=False)
    assert candidate_state(at(3, 0), EXAM_A, unissued, None).stage is Stage.BEFORE
    inside = candidate_state(at(4, 12), EXAM_A, unissued, None)
    assert (inside.stage, inside.action) == (Stage.NO_RELEASE, Action.WAIT)
    assert candidate_state(at(6, 0), EXAM_A, unissued, None).action is Action.CALL


def test_withdrawn_installers_are_never_offered_and_what_was_begun_is_lost() -> None:
    withdrawn = DownloadFacts(live=True, withdrawn=True)
    assert state(at(4, 12), replace(BEGUN, download=withdrawn)).stage is Stage.LOST
    assert state(at(4, 12), replace(FRESH, download=withdrawn)).stage is Stage.MISSED
    assert state(at(4, 12), replace(ACTIVE, download=withdrawn)).offer is Offer.NONE


def test_between_windows_only_who_has_no_file_waits_for_the_next_one() -> None:
    windows = (UtcInterval(at(4, 10), at(4, 20)), UtcInterval(at(5, 10), at(5, 20)))
    calendar = replace(EXAM_A, download=DownloadRules(windows, timedelta(0)))
    assert state(at(4, 21), FRESH, calendar).deadline == Deadline(D.DOWNLOAD_OPENS, utc(at(5, 10)))
    assert state(at(4, 21), BEGUN, calendar).stage is Stage.BEFORE
    assert state(at(4, 21), None, calendar).stage is Stage.CLOSED


def test_the_date_to_keep_until_is_shown_until_it_comes() -> None:
    calendar = replace(EXAM_A, keep_until=at(20, 0))
    assert state(at(12, 0), FINISHED, calendar).deadline == Deadline(D.KEEP_UNTIL, utc(at(20, 0)))
    assert state(at(20, 0), FINISHED, calendar).action is Action.WAIT


# ------------------------------------------------------------------------------- over all calendars

HOUR = timedelta(hours=1)
hours = st.integers(0, 24 * 12).map(lambda count: at(3, 0) + count * HOUR)
lengths = st.integers(1, 40).map(lambda count: count * HOUR)


@st.composite
def intervals(draw: st.DrawFn, most: int, least: int = 0) -> tuple[UtcInterval, ...]:
    """Intervals in order, without overlap."""
    moments = sorted(draw(st.lists(hours, min_size=2 * least, max_size=2 * most, unique=True)))
    return tuple(UtcInterval(first, last) for first, last in zip(moments[::2], moments[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    sessions = draw(intervals(2))
    formals = []
    starts = []
    for session in sessions:
        last_login = draw(st.integers(1, 4))
        length = session.closes - session.opens
        closes = session.opens + length * last_login / 4
        formals.append(FormalWindows(session, UtcInterval(session.opens, closes)))
        starts.append(session.opens + length * draw(st.integers(0, 4)) / 4)
    return Calendar(
        DownloadRules(draw(intervals(2, 1)), draw(st.sampled_from([timedelta(0), HOUR, 5 * HOUR]))),
        TicketRules(BEIJING, draw(intervals(3)), tuple(formals), draw(st.booleans())),
        tuple(starts),
        draw(st.sampled_from([at(9, 0), at(31, 0)])),
        draw(st.none() | hours),
    )


@st.composite
def progresses(draw: st.DrawFn, calendar: Calendar) -> SeatProgress:
    granted = draw(st.none() | hours)
    attended = [
        AttendedSession(
            Kind.MOCK,
            number,
            utc(window.opens).astimezone(BEIJING).date(),
            *draw(_REPORTED),
            upload=draw(_UPLOADS),
        )
        for number, window in enumerate(calendar.tickets.mocks)
        if draw(st.booleans())
    ]
    attended += [
        AttendedSession(
            Kind.FORMAL,
            number,
            calendar.tickets.day(formal.session.opens),
            *draw(_REPORTED),
            upload=draw(_UPLOADS),
        )
        for number, formal in calendar.tickets.own_formals
        if draw(st.booleans())
    ]
    finished = granted is not None and draw(st.booleans())
    return SeatProgress(
        DownloadFacts(not draw(_RARELY), draw(st.none() | hours), draw(_RARELY)),
        granted,
        finished,
        draw(st.booleans()),
        draw(st.booleans()) and granted is not None,
        tuple(attended),
    )


_REPORTED = st.sampled_from([(False, False), (True, False), (True, True)])
_UPLOADS = st.none() | st.builds(UploadReport, hours, hours, st.none() | st.integers(1, 10**9), st.booleans())
_RARELY = st.sampled_from([False, False, False, True])


def boundaries(calendar: Calendar, seat: SeatProgress) -> list[datetime]:
    """Every moment at which a rule or a day changes for the seat, in order."""
    windows = [*calendar.download.windows, *calendar.tickets.mocks]
    for _, formal in calendar.tickets.own_formals:
        windows += [formal.session, formal.first]
    moments = {utc(calendar.ends), *map(utc, calendar.starts)}
    moments |= {moment for window in windows for moment in (window.opens, window.closes)}
    moments |= {window.closes + calendar.download.grace for window in calendar.download.windows}
    if calendar.keep_until is not None:
        moments.add(utc(calendar.keep_until))
    if seat.download.admitted_until is not None:
        allowed = utc(seat.download.admitted_until)
        moments |= {allowed, allowed + calendar.download.grace}
    moments |= {utc(place.upload.until) for place in seat.attended if place.upload is not None}
    midnights = [datetime.combine(date(2035, 1, day), time(0), BEIJING) for day in range(1, 32)]
    return sorted(moments | set(map(utc, midnights)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, Calendar, SeatProgress]:
    """A calendar, a seat, and a moment at or around one of their boundaries."""
    calendar = draw(calendars())
    seat = draw(progresses(calendar))
    boundary = draw(st.sampled_from(boundaries(calendar, seat)))
    return boundary + draw(st.sampled_from([-SECOND, timedelta(0), SECOND, 7 * HOUR])), calendar, seat


def grant_of(seat: SeatProgress) -> Grant | None:
    return None if seat.granted_at is None else Grant(seat.granted_at)


def ticket(now: datetime, kind: Kind, calendar: Calendar, seat: SeatProgress) -> Admission | Refused:
    """What the real rules answer the seat's device now."""
    device = DEVICE if seat.activated else None
    facts = TicketFacts(seat.download.live, device)
    return decide_ticket(now, kind, device, calendar.tickets, facts, seat.attended)


@given(case=cases())
def test_every_state_is_a_row_of_the_table(case: tuple[datetime, Calendar, SeatProgress]) -> None:
    now, calendar, seat = case
    for who in (seat, None):
        found = candidate_state(now, calendar, SERVED, who)
        row = TABLE[found.stage]
        assert found.action in row.actions
        if found.deadline is None:
            assert not row.deadlines or row.may_lack_deadline
        else:
            assert found.deadline.kind in row.deadlines


@given(case=cases())
def test_a_deadline_is_to_come_and_is_one_of_the_calendars_moments(
    case: tuple[datetime, Calendar, SeatProgress],
) -> None:
    now, calendar, seat = case
    found = candidate_state(now, calendar, SERVED, seat).deadline
    if found is not None:
        assert found.at > utc(now)
        assert found.at in boundaries(calendar, seat)


@given(case=cases(), share=st.floats(0, 0.999))
def test_between_two_boundaries_nothing_changes(
    case: tuple[datetime, Calendar, SeatProgress], share: float
) -> None:
    now, calendar, seat = case
    later = [boundary for boundary in boundaries(calendar, seat) if boundary > utc(now)]
    if not later:
        return
    then = now + (later[0] - utc(now)) * share
    assert candidate_state(then, calendar, SERVED, seat) == candidate_state(now, calendar, SERVED, seat)


@given(case=cases())
def test_nothing_is_offered_that_the_gate_or_the_ticket_rules_refuse(
    case: tuple[datetime, Calendar, SeatProgress],
) -> None:
    now, calendar, seat = case
    found = candidate_state(now, calendar, SERVED, seat)
    gate = decide_download(now, calendar.download, seat.download, grant_of(seat))
    assert (found.offer is not Offer.NONE) == gate.may_fetch
    if found.offer is Offer.START:
        assert gate.may_start
    if found.action in (Action.DOWNLOAD, Action.RESUME):
        assert gate.may_fetch
    if found.action is Action.TAKE_MOCK:
        assert isinstance(ticket(now, Kind.MOCK, calendar, seat), Admission)
    if found.action is Action.ENTER_INTERVIEW:
        assert isinstance(ticket(now, Kind.FORMAL, calendar, seat), Admission)
    if found.action is Action.INSTALL:
        assert seat.download.live
        assert utc(now) < utc(calendar.ends)
        assert not seat.activated


@given(case=cases())
def test_nothing_is_called_done_that_was_only_begun(case: tuple[datetime, Calendar, SeatProgress]) -> None:
    now, calendar, seat = case
    found = candidate_state(now, calendar, SERVED, seat)
    unfinished = {Stage.BROKEN_OFF, Stage.LOST, Stage.UNCONFIRMED, Stage.MISSED, Stage.WINDOW}
    unfinished |= {Stage.LATE_PERMISSION, Stage.BEFORE, Stage.REVOKED}
    assert seat.has_client or found.stage in unfinished
    if found.stage in (Stage.BROKEN_OFF, Stage.LOST, Stage.UNCONFIRMED):
        assert seat.granted_at is not None
        assert not seat.has_client
    if found.offer is Offer.AGAIN:
        assert seat.has_client
    if found.stage is Stage.MOCK_COUNTED:
        assert mock_state(seat.attended) is MockState.FINISHED


@given(case=cases())
def test_who_is_told_that_no_interview_is_left_is_refused_every_one(
    case: tuple[datetime, Calendar, SeatProgress],
) -> None:
    now, calendar, seat = case
    found = candidate_state(now, calendar, SERVED, seat)
    if found.stage is not Stage.BARRED and found.outlook is not Outlook.NO_INTERVIEW:
        return
    live = replace(seat, download=LIVE, activated=True)
    for _, formal in calendar.tickets.own_formals:
        moment = max(utc(now), formal.session.opens)
        if formal.first.contains(moment):
            answer = ticket(moment, Kind.FORMAL, calendar, live)
            assert isinstance(answer, Refused)
            assert answer.reason in (Reason.MOCK_MISSING, Reason.SUBMITTED)
    for window in calendar.tickets.mocks:
        for moment in (max(utc(now), window.opens), window.closes - SECOND):
            if moment >= utc(now) and window.contains(moment):
                assert isinstance(ticket(moment, Kind.MOCK, calendar, live), Refused)


@given(case=cases(), released=st.booleans())
def test_a_visitor_is_offered_a_login_only_where_somebody_can_log_in(
    case: tuple[datetime, Calendar, SeatProgress], released: bool
) -> None:
    now, calendar, _ = case
    found = candidate_state(now, calendar, ExamCondition(released=released), None)
    assert (found.action is Action.LOG_IN) == (released and found.stage is not Stage.BEFORE)
    if found.stage is Stage.BEFORE:
        assert phase_at(now, calendar.download) == "before"


# ---------------------------------------------------------------------------------------- the upload

UPLOADING = UploadReport(until=at(13, 11, 10), at=at(10, 11, 15), left_bytes=212_000_000)
RECEIVED = replace(UPLOADING, at=at(10, 11, 40), left_bytes=0, complete=True)
HANDED_IN = replace(ENTERED, ended=True)


def after_formal(upload: UploadReport | None, *mocks: AttendedSession) -> SeatProgress:
    return replace(FINISHED, attended=(*(mocks or FINISHED.attended), replace(HANDED_IN, upload=upload)))


def test_who_handed_in_is_kept_at_the_upload_until_everything_is_received_or_its_time_is_over() -> None:
    left = state(at(10, 12), after_formal(UPLOADING))
    assert (left.stage, left.action) == (Stage.UPLOADING, Action.UPLOAD)
    assert left.deadline == Deadline(D.UPLOAD_ENDS, utc(at(13, 11, 10)))
    assert state(at(10, 12), after_formal(RECEIVED)).stage is Stage.AFTER
    assert state(at(13, 11, 10) - SECOND, after_formal(UPLOADING)).stage is Stage.UPLOADING
    late = state(at(13, 11, 10), after_formal(UPLOADING))
    assert (late.stage, late.upload.state) == (Stage.AFTER, UploadState.LAPSED)
    unreported = state(at(10, 12), after_formal(None))
    assert (unreported.stage, unreported.upload.state) == (Stage.AFTER, UploadState.UNKNOWN)


def test_a_mocks_upload_comes_before_waiting_and_after_the_day_of_the_interview() -> None:
    taken = replace(mock(4, started=True, ended=True), upload=replace(UPLOADING, until=at(12, 0)))
    seat = replace(ACTIVE, attended=(taken,))
    assert state(at(4, 20), seat).stage is Stage.UPLOADING
    assert state(at(6, 0), seat).stage is Stage.UPLOADING
    for now in (at(10, 0), at(10, 10, 30)):
        today = state(now, seat)
        assert (today.stage, today.upload.state) == (Stage.INTERVIEW_DAY, UploadState.LEFT)
    whole = replace(taken, upload=replace(RECEIVED, at=at(4, 19)))
    found = state(at(4, 20), replace(ACTIVE, attended=(whole,)))
    assert (found.stage, found.upload.state) == (Stage.MOCK_COUNTED, UploadState.COMPLETE)


@given(case=cases())
def test_nothing_is_called_received_while_recordings_of_anything_can_still_be_uploaded(
    case: tuple[datetime, Calendar, SeatProgress],
) -> None:
    now, _, seat = case
    reported = [(place, place.upload) for place in seat.attended if place.ended and place.upload]
    left = [each for _, each in reported if not each.complete and utc(now) < utc(each.until)]
    found = upload_of(now, seat.attended)
    assert (found.state is UploadState.LEFT) == bool(left)
    assert (found.state is UploadState.UNKNOWN) == (not reported)
    assert (found.report is None) == (found.kind is None) == (found.state is UploadState.UNKNOWN)
    if found.report is not None:
        assert any(place.kind is found.kind and each == found.report for place, each in reported)
        assert (found.state is UploadState.COMPLETE) == found.report.complete


@given(case=cases())
def test_only_an_interview_or_a_candidate_without_the_client_comes_before_an_upload(
    case: tuple[datetime, Calendar, SeatProgress],
) -> None:
    now, calendar, seat = case
    found = candidate_state(now, calendar, SERVED, seat)
    left = found.upload.left_of
    if found.stage is Stage.UPLOADING:
        assert left is not None
        assert found.deadline == Deadline(D.UPLOAD_ENDS, utc(left.until))
    elif left is not None and seat.has_client and seat.download.live:
        assert found.stage in (Stage.INTERVIEW_DAY, Stage.TOO_LATE, Stage.BARRED, Stage.MOCK_OPEN)


def test_maintenance_comes_before_everything() -> None:
    condition = ExamCondition(maintenance=True)
    for seat in (None, FRESH, ACTIVE):
        assert candidate_state(at(4, 12), EXAM_A, condition, seat).stage is Stage.MAINTENANCE
