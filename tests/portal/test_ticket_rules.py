"""The ticket rules keep every boundary to the second, in every time zone and across clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    decide_ticket,
    mock_state,
)
from oneseat.portal.rules.utc_interval import UtcInterval
from tests import charters

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)
DEVICE, OTHER = b"d" * 32, b"o" * 32
SEAT = TicketFacts(live=True, device=DEVICE)


def at(month_day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2023, 1, month_day, hour, minute, second, tzinfo=SHANGHAI)


MIDNIGHT_4, MIDNIGHT_5 = at(5, 0), at(6, 0)
EXAM_A = TicketRules(
    zone=SHANGHAI,
    mocks=(UtcInterval(at(4, 10), MIDNIGHT_4), UtcInterval(at(5, 10), MIDNIGHT_5)),
    formals=(
        FormalWindows(UtcInterval(at(10, 10, 10), at(10, 11, 10)), UtcInterval(at(10, 10, 10), at(10, 11))),
    ),
    mock_required=True,
)
EXAM_B = replace(EXAM_A, mock_required=False)
TOOK_PART = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True)
IN_FORMAL = AttendedSession(Kind.FORMAL, 0, date(2023, 1, 10))


def ask(
    now: datetime, kind: Kind, *been: AttendedSession, rules: TicketRules = EXAM_A
) -> Admission | Refused:
    return decide_ticket(now, kind, DEVICE, rules, SEAT, been)


def reason(said: Admission | Refused) -> Reason | None:
    return said.reason if isinstance(said, Refused) else None


@pytest.mark.parametrize(
    ("now", "wanted", "moment"),
    [
        (at(4, 9, 59, 59), Reason.NOT_YET, at(4, 10)),
        (at(4, 10), None, None),
        (at(4, 23, 59, 59), None, None),
        (MIDNIGHT_4, Reason.NOT_YET, at(5, 10)),
        (at(5, 9, 59, 59), Reason.NOT_YET, at(5, 10)),
        (at(5, 10), None, None),
        (MIDNIGHT_5 - SECOND, None, None),
        (MIDNIGHT_5, Reason.OVER, MIDNIGHT_5),
        (at(10, 11), Reason.OVER, MIDNIGHT_5),
    ],
)
def test_mocks_keep_their_days_and_hours(
    now: datetime, wanted: Reason | None, moment: datetime | None
) -> None:
    said = ask(now, Kind.MOCK)
    assert reason(said) == wanted
    if isinstance(said, Refused):
        assert said.at == moment
    else:
        assert said == Admission(Kind.MOCK, now.day - 4, now.date(), EXAM_A.mocks[now.day - 4].closes, False)


@pytest.mark.parametrize(
    ("now", "wanted", "moment"),
    [
        (at(10, 10, 9, 59), Reason.NOT_YET, at(10, 10, 10)),
        (at(10, 10, 10), None, None),
        (at(10, 10, 59, 59), None, None),
        (at(10, 11), Reason.LATE, at(10, 11)),
        (at(10, 11, 9, 59), Reason.LATE, at(10, 11)),
        (at(10, 11, 10), Reason.OVER, at(10, 11, 10)),
    ],
)
def test_a_first_login_to_the_formal_keeps_the_last_login(
    now: datetime, wanted: Reason | None, moment: datetime | None
) -> None:
    said = ask(now, Kind.FORMAL, TOOK_PART)
    assert reason(said) == wanted
    if isinstance(said, Refused):
        assert said.at == moment
    else:
        assert said == Admission(Kind.FORMAL, 0, date(2023, 1, 10), at(10, 11, 10), False)


@pytest.mark.parametrize("now", [at(10, 10, 10), at(10, 11), at(10, 11, 9, 59)])
def test_after_a_power_loss_one_is_back_until_the_original_end_and_no_longer(now: datetime) -> None:
    said = ask(now, Kind.FORMAL, TOOK_PART, IN_FORMAL)
    assert isinstance(said, Admission)
    assert (said.returning, said.ends) == (True, at(10, 11, 10))
    assert reason(ask(at(10, 11, 10), Kind.FORMAL, TOOK_PART, IN_FORMAL)) is Reason.OVER


def test_nobody_is_back_after_submission() -> None:
    handed_in = replace(IN_FORMAL, started=True, ended=True)
    assert reason(ask(at(10, 11, 5), Kind.FORMAL, TOOK_PART, handed_in)) is Reason.SUBMITTED


def test_going_back_into_the_same_mock_is_not_a_second_one() -> None:
    for started in (False, True):
        been = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=started)
        said = ask(at(4, 20), Kind.MOCK, been)
        assert said == Admission(Kind.MOCK, 0, been.day, MIDNIGHT_4.astimezone(UTC), returning=True)


def test_one_mock_a_day_and_another_on_the_next() -> None:
    ended = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True, ended=True)
    said = ask(at(4, 20), Kind.MOCK, ended)
    assert said == Refused(Kind.MOCK, Reason.MOCK_TAKEN, at(5, 10).astimezone(UTC))
    assert isinstance(ask(at(5, 10), Kind.MOCK, ended), Admission)
    again = AttendedSession(Kind.MOCK, 1, date(2023, 1, 5), started=True, ended=True)
    assert ask(at(5, 20), Kind.MOCK, ended, again) == Refused(Kind.MOCK, Reason.MOCK_TAKEN, None)


def test_no_mock_is_begun_that_would_not_end_before_its_session_closes_and_no_place_is_taken() -> None:
    last = (at(4, 23, 47).astimezone(UTC), at(5, 23, 47).astimezone(UTC))
    rules = replace(EXAM_A, last_starts=last)
    assert isinstance(ask(last[0] - SECOND, Kind.MOCK, rules=rules), Admission)
    late = Refused(Kind.MOCK, Reason.MOCK_LATE, at(5, 10).astimezone(UTC))
    assert ask(last[0], Kind.MOCK, rules=rules) == late
    assert ask(MIDNIGHT_4 - SECOND, Kind.MOCK, rules=rules) == late
    assert ask(last[1], Kind.MOCK, rules=rules) == Refused(Kind.MOCK, Reason.MOCK_LATE, None)
    been = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True)
    returning = ask(MIDNIGHT_4 - SECOND, Kind.MOCK, been, rules=rules)
    assert isinstance(returning, Admission) and returning.returning


def test_where_only_a_finished_mock_counts_one_that_was_started_does_not() -> None:
    rules = replace(EXAM_A, finished_counts=True)
    started = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True)
    assert reason(ask(at(10, 10, 30), Kind.FORMAL, started, rules=rules)) is Reason.MOCK_MISSING
    assert isinstance(ask(at(10, 10, 30), Kind.FORMAL, started), Admission)
    finished = replace(started, ended=True)
    assert isinstance(ask(at(10, 10, 30), Kind.FORMAL, finished, rules=rules), Admission)


def test_two_mocks_of_one_day_are_for_one_login_whether_or_not_the_first_was_finished() -> None:
    twice = replace(EXAM_A, mocks=(UtcInterval(at(4, 10), at(4, 12)), UtcInterval(at(4, 14), at(4, 18))))
    for ended in (False, True):
        been = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=ended, ended=ended)
        assert reason(ask(at(4, 14), Kind.MOCK, been, rules=twice)) is Reason.MOCK_TAKEN


def test_a_mock_past_midnight_goes_on_as_the_same_and_a_new_day_allows_a_new_one() -> None:
    night = replace(EXAM_A, mocks=(UtcInterval(at(4, 22), at(5, 2)),))
    unfinished = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True)
    said = ask(at(5, 1), Kind.MOCK, unfinished, rules=night)
    assert isinstance(said, Admission)
    assert (said.day, said.returning) == (date(2023, 1, 4), True)
    finished = replace(unfinished, ended=True)
    assert ask(at(4, 23), Kind.MOCK, finished, rules=night) == Refused(Kind.MOCK, Reason.MOCK_TAKEN, at(5, 0))
    said = ask(at(5, 0), Kind.MOCK, finished, rules=night)
    assert isinstance(said, Admission)
    assert (said.day, said.returning) == (date(2023, 1, 5), False)


def test_without_a_mock_the_gate_bars_and_the_warning_warns() -> None:
    ticket_only = replace(TOOK_PART, started=False)
    for been in ((), (ticket_only,)):
        assert reason(ask(at(10, 10, 30), Kind.FORMAL, *been)) is Reason.MOCK_MISSING
        warned = ask(at(10, 10, 30), Kind.FORMAL, *been, rules=EXAM_B)
        assert isinstance(warned, Admission)
        assert warned.unrehearsed
    for rules in (EXAM_A, EXAM_B):
        said = ask(at(10, 10, 30), Kind.FORMAL, TOOK_PART, rules=rules)
        assert isinstance(said, Admission)
        assert not said.unrehearsed


def test_an_exam_without_mocks_requires_none_and_has_none() -> None:
    charter = replace(charters.charter(), mocks=())
    rules = TicketRules.of(charter)
    now = charters.at(10, 10, 30)
    assert not rules.mock_required
    said = decide_ticket(now, Kind.FORMAL, DEVICE, rules, SEAT, ())
    assert isinstance(said, Admission)
    assert not said.unrehearsed
    assert reason(decide_ticket(now, Kind.MOCK, DEVICE, rules, SEAT, ())) is Reason.NO_SESSION


def test_the_charters_own_words_make_the_rules() -> None:
    rules = TicketRules.of(charters.charter())
    assert rules == TicketRules(
        zone=SHANGHAI,
        mocks=(
            UtcInterval(charters.at(4, 10), charters.at(5, 0)),
            UtcInterval(charters.at(5, 10), charters.at(6, 0)),
        ),
        formals=(
            FormalWindows(
                UtcInterval(charters.at(10, 10, 10), charters.at(10, 11, 10)),
                UtcInterval(charters.at(10, 10, 10), charters.at(10, 11)),
            ),
        ),
        mock_required=True,
    )
    assert not TicketRules.of(replace(charters.charter(), mock_required="warn")).mock_required


# ------------------------------------------------------------------------------------ for any exam

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut"]
zones = st.sampled_from(ZONES).map(ZoneInfo)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
moments = st.builds(
    lambda seconds, zone: (FIRST + timedelta(seconds=seconds)).astimezone(zone),
    st.integers(0, 40 * 365 * 86400),
    zones,
)
spans = st.timedeltas(SECOND, timedelta(days=3))
gaps = st.timedeltas(timedelta(0), timedelta(days=3))


@st.composite
def exams(draw: st.DrawFn) -> TicketRules:
    """Any exam: mocks one after the other, then formal interviews one after the other."""
    moment, mocks = draw(moments).astimezone(UTC), []
    formals: list[FormalWindows | None] = []
    for _ in range(draw(st.integers(0, 4))):
        moment += draw(gaps)
        mocks.append(UtcInterval(moment, moment := moment + draw(spans)))
    for _ in range(draw(st.integers(0, 3))):
        opens = moment + draw(gaps)
        last = opens + draw(spans)
        moment = last + draw(gaps)
        windows = FormalWindows(UtcInterval(opens, moment), UtcInterval(opens, last))
        formals.append(windows if draw(st.integers(0, 3)) else None)  # now and then another seat's
    return TicketRules(draw(zones), tuple(mocks), tuple(formals), draw(st.booleans()) and bool(mocks))


def attended(rules: TicketRules) -> st.SearchStrategy[tuple[AttendedSession, ...]]:
    """Sessions that a candidate of this exam can be in."""
    kinds = st.sampled_from(
        [(Kind.MOCK, i, w.opens) for i, w in enumerate(rules.mocks)]
        + [(Kind.FORMAL, i, d.session.opens) for i, d in rules.own_formals]
        or [(Kind.MOCK, 0, FIRST)]
    )
    one = st.builds(
        lambda which, started, ended: AttendedSession(
            which[0], which[1], rules.day(which[2]), started, ended
        ),
        kinds,
        st.booleans(),
        st.booleans(),
    )
    return st.lists(one, max_size=5).map(tuple)


def edges(rules: TicketRules) -> list[datetime]:
    windows = [*rules.mocks, *(w for _, d in rules.own_formals for w in (d.session, d.first))]
    return [moment for window in windows for moment in (window.opens, window.closes)] or [FIRST]


@st.composite
def questions(draw: st.DrawFn) -> tuple[datetime, Kind, TicketRules, tuple[AttendedSession, ...]]:
    """Any exam and any past, asked near an edge."""
    rules = draw(exams())
    now = draw(st.sampled_from(edges(rules))) + draw(st.sampled_from([-SECOND, timedelta(0), SECOND]) | gaps)
    return now.astimezone(draw(zones)), draw(st.sampled_from(Kind)), rules, draw(attended(rules))


@given(questions())
def test_a_ticket_is_for_an_open_session_and_ends_with_it(
    question: tuple[datetime, Kind, TicketRules, tuple[AttendedSession, ...]],
) -> None:
    now, kind, rules, been = question
    said = decide_ticket(now, kind, DEVICE, rules, SEAT, been)
    formals = {position: formal.session for position, formal in rules.own_formals}
    windows = dict(enumerate(rules.mocks)) if kind is Kind.MOCK else formals
    if isinstance(said, Admission):
        assert windows[said.session].contains(now)
        assert now < said.ends == windows[said.session].closes
        same = [one for one in been if (one.kind, one.session, one.day) == (kind, said.session, said.day)]
        assert said.returning == any(not one.ended for one in same)
        if not said.returning:
            assert said.day == rules.day(now)
            assert not any(one.kind is kind is Kind.MOCK and one.day == said.day for one in been)
            assert kind is Kind.MOCK or dict(rules.own_formals)[said.session].first.contains(now)
            rehearsed = any(one.kind is Kind.MOCK and one.started for one in been)
            assert kind is Kind.MOCK or rehearsed or not rules.mock_required
    elif said.reason in (Reason.NOT_YET, Reason.OVER, Reason.NO_SESSION):
        assert not any(window.contains(now) for window in windows.values())
    else:
        assert any(window.contains(now) for window in windows.values())


@given(questions(), zones)
def test_where_the_asker_sits_changes_nothing(
    question: tuple[datetime, Kind, TicketRules, tuple[AttendedSession, ...]], zone: ZoneInfo
) -> None:
    now, kind, rules, been = question
    said = decide_ticket(now, kind, DEVICE, rules, SEAT, been)
    assert decide_ticket(now.astimezone(zone), kind, DEVICE, rules, SEAT, been) == said


@given(questions())
def test_what_it_says_of_a_time_to_come_is_so(
    question: tuple[datetime, Kind, TicketRules, tuple[AttendedSession, ...]],
) -> None:
    now, kind, rules, been = question
    said = decide_ticket(now, kind, DEVICE, rules, SEAT, been)
    if isinstance(said, Refused) and said.reason in (Reason.NOT_YET, Reason.MOCK_TAKEN) and said.at:
        assert said.at > now
        then = decide_ticket(said.at, kind, DEVICE, rules, SEAT, been)
        before = decide_ticket(said.at - SECOND, kind, DEVICE, rules, SEAT, been)
        assert reason(then) not in (Reason.NOT_YET, Reason.OVER, Reason.NO_SESSION)
        assert isinstance(before, Refused)


@given(questions(), st.sampled_from([None, DEVICE, OTHER]), st.sampled_from([None, DEVICE]), st.booleans())
def test_only_the_seats_confirmed_device_gets_anything(
    question: tuple[datetime, Kind, TicketRules, tuple[AttendedSession, ...]],
    asks: bytes | None,
    holds: bytes | None,
    live: bool,
) -> None:
    now, kind, rules, been = question
    said = decide_ticket(now, kind, asks, rules, TicketFacts(live, holds), been)
    if not live:
        assert reason(said) is Reason.WITHDRAWN
    elif asks is None or holds is None:
        assert reason(said) is Reason.UNCONFIRMED
    elif asks != holds:
        assert reason(said) is Reason.OTHER_DEVICE
    else:
        assert said == decide_ticket(now, kind, DEVICE, rules, SEAT, been)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2023, 3, 26), 23),
        ("Europe/Berlin", date(2023, 10, 29), 25),
        ("Australia/Lord_Howe", date(2023, 4, 2), 24.5),
        ("Asia/Beirut", date(2022, 3, 27), 23),  # there, midnight itself is skipped
    ],
)
def test_a_day_lasts_as_long_as_the_exams_clock_says(zone: str, day: date, hours: float) -> None:
    """One mock that never closes: the second is possible exactly when the exam's next day begins."""
    there = ZoneInfo(zone)
    begins = datetime.combine(day, time(0), there).astimezone(UTC)
    always = UtcInterval(begins - timedelta(days=9), begins + timedelta(days=9))
    rules = TicketRules(there, (always,), (), mock_required=False)
    taken = AttendedSession(Kind.MOCK, 0, day, started=True, ended=True)
    tomorrow = begins + timedelta(hours=hours)
    assert ask(begins, Kind.MOCK, taken, rules=rules) == Refused(Kind.MOCK, Reason.MOCK_TAKEN, tomorrow)
    assert reason(ask(tomorrow - SECOND, Kind.MOCK, taken, rules=rules)) is Reason.MOCK_TAKEN
    said = ask(tomorrow, Kind.MOCK, taken, rules=rules)
    assert isinstance(said, Admission)
    assert said.day == day + timedelta(days=1)


def test_the_day_is_the_exams_and_not_the_servers() -> None:
    """At 23:30 in Shanghai it is still 15:30 in UTC, and at 01:00 the next day 17:00 of the same UTC day."""
    always = UtcInterval(at(1, 0), at(31, 0))
    rules = replace(EXAM_A, mocks=(always,))
    taken = AttendedSession(Kind.MOCK, 0, date(2023, 1, 4), started=True, ended=True)
    assert reason(ask(at(4, 23, 30).astimezone(UTC), Kind.MOCK, taken, rules=rules)) is Reason.MOCK_TAKEN
    assert isinstance(ask(at(5, 1).astimezone(UTC), Kind.MOCK, taken, rules=rules), Admission)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        ask(at(4, 12).replace(tzinfo=None), Kind.MOCK)


@pytest.mark.parametrize(
    ("mocks", "state"),
    [
        ((), MockState.NOT_TAKEN),
        (((False, False),), MockState.NOT_TAKEN),
        (((True, False),), MockState.STARTED),
        (((False, False), (True, False)), MockState.STARTED),
        (((True, True), (True, False)), MockState.FINISHED),
    ],
)
def test_the_furthest_mock_counts(mocks: tuple[tuple[bool, bool], ...], state: MockState) -> None:
    """Each pair says whether the room reported the start and the end of that day's mock."""
    attended = [
        AttendedSession(Kind.MOCK, 0, date(2023, 1, 4 + day), started, ended)
        for day, (started, ended) in enumerate(mocks)
    ]
    finished_formal = AttendedSession(Kind.FORMAL, 0, date(2023, 1, 6), started=True, ended=True)
    assert mock_state([*attended, finished_formal]) is state
