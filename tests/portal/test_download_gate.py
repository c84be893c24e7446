"""The gate keeps the window to the second, in every time zone and across clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.download_gate import (
    Decision,
    DownloadFacts,
    DownloadRules,
    Grant,
    Phase,
    Refusal,
    decide_download,
    phase_at,
)
from oneseat.portal.rules.utc_interval import UtcInterval

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS = datetime(2023, 1, 4, 10, 0, tzinfo=SHANGHAI)
CLOSES = datetime(2023, 1, 5, 23, 0, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)
GRACE = timedelta(hours=1)
RULES = DownloadRules((UtcInterval(OPENS, CLOSES),), GRACE)
LIVE = DownloadFacts(live=True)
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
moments = st.builds(
    lambda seconds, zone: (FIRST + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)),
    st.integers(0, 40 * 365 * 86400),
    st.sampled_from(ZONES),
)
spans = st.timedeltas(SECOND, timedelta(days=60))


@pytest.mark.parametrize(
    ("moment", "phase", "may_start"),
    [
        (OPENS - SECOND, Phase.BEFORE, False),
        (OPENS, Phase.OPEN, True),
        (CLOSES - SECOND, Phase.OPEN, True),
        (CLOSES, Phase.CLOSED, False),
    ],
)
def test_the_window_is_closed_open_open_closed_at_its_four_boundaries(
    moment: datetime, phase: Phase, may_start: bool
) -> None:
    decision = decide_download(moment, RULES, LIVE, None)
    assert (decision.phase, decision.may_start) == (phase, may_start)


@given(opens=moments, length=spans, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_boundaries_hold_for_any_window_seen_from_any_zone(
    opens: datetime, length: timedelta, zone: ZoneInfo
) -> None:
    start = opens.astimezone(UTC)
    rules = DownloadRules((UtcInterval(opens, start + length),))

    def may_start(moment: datetime) -> bool:
        return decide_download(moment.astimezone(zone), rules, LIVE, None).may_start

    assert not may_start(start - SECOND)
    assert may_start(start)
    assert may_start(start + length - SECOND)
    assert not may_start(start + length)


def test_the_repeated_hour_of_a_clock_change_counts_twice() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2023, 10, 29, 2, 30, tzinfo=berlin)
    second = first.replace(fold=1)
    rules = DownloadRules((UtcInterval(first, second),))
    assert phase_at(first + timedelta(0), rules) is Phase.OPEN
    assert phase_at(datetime(2023, 10, 29, 1, 29, 59, tzinfo=UTC), rules) is Phase.OPEN
    assert phase_at(second, rules) is Phase.CLOSED


@given(
    grace=st.timedeltas(timedelta(0), timedelta(days=2)),
    late=st.timedeltas(-timedelta(days=3), timedelta(days=3)),
)
def test_a_download_granted_in_time_may_go_on_until_the_grace_ends(grace: timedelta, late: timedelta) -> None:
    rules = DownloadRules((UtcInterval(OPENS, CLOSES),), grace)
    now = CLOSES.astimezone(UTC) + late
    decision = decide_download(now, rules, LIVE, Grant(CLOSES - SECOND))
    assert decision.may_resume == (late < grace)
    assert decision.may_log_in
    assert decision.may_start == (OPENS <= now < CLOSES)


@pytest.mark.parametrize("at", [OPENS - SECOND, CLOSES, CLOSES + GRACE])
def test_a_grant_from_outside_the_window_lets_nothing_resume(at: datetime) -> None:
    assert not decide_download(CLOSES, RULES, LIVE, Grant(at)).may_resume


@given(now=moments)
def test_who_never_downloaded_logs_in_only_while_a_download_may_start(now: datetime) -> None:
    decision = decide_download(now, RULES, LIVE, None)
    assert decision.may_log_in == decision.may_start


@given(now=moments, granted=st.none() | moments)
def test_a_withdrawn_seat_gets_nothing_at_any_time(now: datetime, granted: datetime | None) -> None:
    grant = Grant(granted) if granted else None
    decision = decide_download(now, RULES, DownloadFacts(live=False), grant)
    assert not (decision.may_log_in or decision.may_fetch)
    assert decision.refusal is Refusal.SEAT_REVOKED


def test_a_seat_admitted_after_the_end_may_start_until_its_own_end() -> None:
    own_end = CLOSES + timedelta(days=1)
    seat = DownloadFacts(live=True, admitted_until=own_end)
    assert decide_download(own_end - SECOND, RULES, seat, None).fetch_until == own_end.astimezone(UTC)
    assert decide_download(own_end - SECOND, RULES, seat, None).may_log_in
    assert not decide_download(own_end, RULES, seat, None).may_fetch
    assert decide_download(own_end, RULES, seat, Grant(own_end - SECOND)).may_resume


def test_between_two_windows_it_is_closed_and_says_when_it_opens_again() -> None:
    again = UtcInterval(CLOSES + timedelta(days=1), CLOSES + timedelta(days=2))
    rules = DownloadRules((again, UtcInterval(OPENS, CLOSES)), GRACE)
    decision = decide_download(CLOSES, rules, LIVE, None)
    assert decision == Decision(Phase.BETWEEN, False, False, False, None, again.opens, Refusal.NOT_YET)
    assert decide_download(again.opens, rules, LIVE, None).may_start


@given(now=moments, granted=st.none() | moments, grace=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_every_decision_agrees_with_itself(now: datetime, granted: datetime | None, grace: timedelta) -> None:
    rules = DownloadRules((UtcInterval(OPENS, CLOSES),), grace)
    decision = decide_download(now, rules, LIVE, Grant(granted) if granted else None)
    assert decision.may_fetch == (decision.fetch_until is not None) == (decision.refusal is None)
    if decision.fetch_until is not None:
        assert now < decision.fetch_until
        assert not decide_download(
            decision.fetch_until, rules, LIVE, Grant(granted) if granted else None
        ).may_fetch


def test_times_without_an_offset_and_reversed_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        UtcInterval(OPENS.replace(tzinfo=None), CLOSES)
    with pytest.raises(ValueError, match="opens before"):
        UtcInterval(CLOSES, OPENS)
    with pytest.raises(ValueError, match="overlap"):
        DownloadRules((UtcInterval(OPENS, CLOSES), UtcInterval(OPENS, CLOSES)))
    with pytest.raises(ValueError, match="grace"):
        DownloadRules((UtcInterval(OPENS, CLOSES),), -SECOND)
    with pytest.raises(ValueError, match="at least one"):
        DownloadRules(())
