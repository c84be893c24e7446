"""The service desk's rules: which act fits which state, who is next, what is said about waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.help_rules import (
    ALIKE,
    CALL_LIFE,
    CLAIM_LIFE,
    HELD,
    MAX_CODES,
    OPEN,
    RATE_WINDOW,
    RETRY_AFTER,
    Act,
    Holding,
    Queued,
    Status,
    Symptom,
    Urgency,
    diagnostic_codes,
    estimate_wait,
    find_incidents,
    in_order,
    is_alarming,
    status_after,
)
from oneseat.web.telephones import mask_telephone, normalise_telephone

NOW = datetime(2035, 1, 10, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.lists(st.sampled_from(Act), max_size=30))
def test_a_closed_request_stays_closed_whatever_is_done(acts: list[Act]) -> None:
    status = Status.SUBMITTED
    for act in acts:
        following = status_after(status, act)
        if status not in OPEN:
            assert following in (None, status)
        status = following or status


def test_every_open_request_can_be_withdrawn_and_claimed() -> None:
    for status in OPEN:
        assert status_after(status, Act.WITHDRAW) is Status.WITHDRAWN
        assert status_after(status, Act.CLAIM) is Status.CLAIMED


def test_a_call_has_one_outcome_and_only_a_call_has() -> None:
    for act in (Act.REACHED, Act.MISSED):
        assert [status for status in Status if status_after(status, act)] == [Status.CALLING]
    assert status_after(Status.SUBMITTED, Act.CALL) is None, "who calls has claimed it before"


@pytest.mark.parametrize(("status", "life"), [(Status.CLAIMED, CLAIM_LIFE), (Status.CALLING, CALL_LIFE)])
def test_a_claim_lapses_after_its_life(status: Status, life: timedelta) -> None:
    holding = Holding(status, "li", NOW)
    assert not holding.is_waiting(NOW + life - SECOND)
    assert holding.belongs_to_other("wang", NOW + life - SECOND)
    assert holding.is_waiting(NOW + life)
    assert not holding.belongs_to_other("wang", NOW + life)
    assert not holding.belongs_to_other("li", NOW)


@pytest.mark.parametrize("status", sorted(set(Status) - HELD))
def test_nothing_else_lapses(status: Status) -> None:
    assert not Holding(status, None, NOW).lapsed(NOW + timedelta(days=1))


requests = st.builds(
    Queued,
    number=st.just("1"),
    urgency=st.sampled_from(Urgency),
    order_at=st.integers(0, 5).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    id=st.integers(1, 1000),
    retry_at=st.none() | st.just(NOW + RETRY_AFTER) | st.just(NOW),
)


@given(st.lists(requests, unique_by=lambda one: one.id))
def test_the_order_is_total_urgent_first_and_never_depends_on_how_they_came(given: list[Queued]) -> None:
    ordered = in_order(given, NOW)
    assert ordered == in_order(list(reversed(given)), NOW)
    assert [one.urgency for one in ordered] == sorted(one.urgency for one in given)


@given(st.lists(requests, unique_by=lambda one: one.id, min_size=1), requests)
def test_a_stranger_takes_nobodys_place(given: list[Queued], one: Queued) -> None:
    stranger = replace(one, id=1001, urgency=Urgency.UNVERIFIED)
    verified = [each for each in given if each.urgency != Urgency.UNVERIFIED]
    among = [each for each in in_order([*given, stranger], NOW) if each.urgency != Urgency.UNVERIFIED]
    assert among == in_order(verified, NOW)
    assert in_order([*verified, stranger], NOW)[-1] == stranger


def test_who_was_not_reached_waits_behind_the_others_of_the_class_for_two_minutes() -> None:
    missed = Queued("1", Urgency.OTHER, NOW, 1, NOW + RETRY_AFTER)
    other = Queued("2", Urgency.OTHER, NOW + SECOND, 2)
    assert in_order([missed, other], NOW) == [other, missed]
    assert in_order([missed, other], NOW + RETRY_AFTER) == [missed, other]


@given(st.integers(1, 5000), st.lists(st.integers(-3600, 60), max_size=60))
def test_a_waiting_time_is_said_only_from_recent_answers(place: int, ago: list[int]) -> None:
    reached = [NOW + timedelta(seconds=seconds) for seconds in ago]
    recent = [moment for moment in reached if NOW - RATE_WINDOW <= moment <= NOW]
    said = estimate_wait(place, reached, NOW)
    if len(recent) < 5:
        assert said is None
    elif said is not None:
        assert said >= RATE_WINDOW * place / len(recent)
        assert said % timedelta(minutes=5) == timedelta(0)


def test_a_wait_is_rounded_up_and_too_long_a_one_is_not_said() -> None:
    reached = [NOW - timedelta(minutes=minutes) for minutes in range(10)]
    assert estimate_wait(1, reached, NOW) == timedelta(minutes=5)
    assert estimate_wait(11, reached, NOW) == timedelta(minutes=20)
    assert estimate_wait(3000, reached, NOW) is None


@pytest.mark.parametrize(
    ("urgency", "seconds"),
    [(Urgency.QUESTIONS, 30), (Urgency.WAITING, 90), (Urgency.OTHER, 180), (Urgency.UNVERIFIED, 180)],
)
def test_alarms_come_in_time(urgency: Urgency, seconds: int) -> None:
    after = timedelta(seconds=seconds)
    assert not is_alarming(urgency, NOW, NOW + after - SECOND)
    assert is_alarming(urgency, NOW, NOW + after)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("(028) 8123-4567", "02881234567"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("12345", None),
        ("1111111", None),
        ("13800138000<script>", None),
        ("", None),
    ],
)
def test_a_telephone_number_is_taken_as_people_type_it(typed: str, number: str | None) -> None:
    assert normalise_telephone(typed) == number


@given(st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_a_masked_number_has_its_length_and_hides_at_least_four_digits(number: str) -> None:
    masked = mask_telephone(number)
    assert len(masked) == len(number) and masked.count("*") >= 4
    assert all(shown in ("*", digit) for shown, digit in zip(masked, number, strict=True))


def test_a_mobile_number_is_masked_as_people_know_it() -> None:
    assert mask_telephone("13800131234") == "138****1234"


@given(st.lists(st.text(max_size=60)))
def test_diagnostics_are_codes_and_few(given: list[str]) -> None:
    kept = diagnostic_codes(["OS-103", "camera:fail", "OS-103", *given])
    assert kept[:2] == ("OS-103", "camera:fail")
    assert len(kept) <= MAX_CODES
    assert all(code.isascii() and len(code) <= 49 and " " not in code for code in kept)


def test_twenty_alike_within_two_minutes_are_an_incident() -> None:
    symptom = Symptom("login", "OS-171")
    alike = [(symptom, NOW - timedelta(seconds=5 * number)) for number in range(ALIKE)]
    assert find_incidents([*alike, (Symptom("face", ""), NOW)], NOW) == [(symptom, ALIKE)]
    assert find_incidents(alike[1:], NOW) == []
    assert find_incidents(alike, NOW + timedelta(minutes=2)) == []
