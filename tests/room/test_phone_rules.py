"""Rules of phones at their boundaries, and what holds of them whatever the times are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules import phones, steps
from oneseat.room.rules.phones import PhoneFault
from oneseat.room.rules.steps import Step
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.phones import Phone

AT = datetime(2035, 1, 10, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ATTEMPT = Attempt(
    **dict.fromkeys(Attempt.__dataclass_fields__),  # type: ignore[arg-type]
)
RUNNING = replace(
    ATTEMPT,
    id="a" * 32,
    jti="c" * 32,
    kind="formal",
    created_at=AT - timedelta(hours=1),
    consent_at=AT - timedelta(hours=1),
    starts_at=AT,
    ends_at=AT + timedelta(minutes=10),
    window_seen_at=AT,
)
PHONE = Phone(
    id="b" * 32,
    exam="test",
    jti="c" * 32,
    device_key=b"",
    kind="page",
    build=None,
    licence=None,
    entered_by="identity",
    created_at=AT - timedelta(hours=1),
    epoch=1,
    consent_version="1",
    consent_at=AT - timedelta(hours=1),
    checked_at=AT,
    filmed=RUNNING.id,
    swept_at=AT,
    placed_at=AT,
    recorded_at=AT,
    seen_at=AT,
    facts="{}",
    fault=None,
    moved_at=None,
)
OFFSETS = st.integers(-7200, 7200).map(lambda seconds: timedelta(seconds=seconds))
TIMES = st.none() | OFFSETS.map(lambda offset: AT + offset)
PHONES = st.none() | st.builds(
    lambda seen, recorded, placed, consent, moved, battery, filmed: replace(
        PHONE,
        seen_at=AT + seen,
        recorded_at=recorded,
        placed_at=placed,
        consent_at=consent,
        moved_at=moved,
        facts=json.dumps({"battery": battery}),
        filmed=filmed,
    ),
    OFFSETS,
    TIMES,
    TIMES,
    TIMES,
    TIMES,
    st.none() | st.integers(0, 100),
    st.sampled_from([RUNNING.id, "d" * 32, None]),
)


@pytest.mark.parametrize(("after_s", "present"), [(30, True), (31, False)])
def test_a_phone_is_there_for_thirty_seconds_after_its_call(after_s: int, present: bool) -> None:
    now = AT + after_s * SECOND
    assert phones.is_present(PHONE, now) is present
    fault = phones.fault_of(PHONE, RUNNING, now)
    assert (fault == PhoneFault.SILENT) is not present


@pytest.mark.parametrize(("after_s", "films"), [(90, True), (91, False)])
def test_takes_that_arrive_decide_that_a_phone_films(after_s: int, films: bool) -> None:
    now = AT + after_s * SECOND
    heard = replace(PHONE, seen_at=now)
    assert phones.is_recording(heard, RUNNING.id, now) is films
    assert phones.fault_of(heard, RUNNING, now) == (None if films else PhoneFault.NOT_RECORDING)


@given(PHONES, OFFSETS)
def test_only_a_phone_that_agreed_is_live_heard_placed_and_films_is_in_place(
    phone: Phone | None, offset: timedelta
) -> None:
    now = AT + offset
    if phones.is_in_place(phone, RUNNING.id, now):
        assert phone is not None
        assert phone.is_live and phone.consent_at is not None and phone.placed_at is not None
        assert now - phone.seen_at <= phones.SILENT_AFTER
        assert phones.fault_of(phone, RUNNING, now) not in {PhoneFault.SILENT, PhoneFault.NOT_RECORDING}


@given(PHONES, OFFSETS)
def test_there_is_no_fault_before_the_placing_after_the_end_or_after_the_hand_in(
    phone: Phone | None, offset: timedelta
) -> None:
    now = AT + offset
    if phone is None or phone.placed_at is None or phone.filmed != RUNNING.id or now >= RUNNING.ends_at:  # type: ignore[operator]
        assert phones.fault_of(phone, RUNNING, now) is None
    assert phones.fault_of(phone, replace(RUNNING, handed_in_at=now), now) is None


@given(TIMES, TIMES, TIMES, OFFSETS, st.booleans())
def test_the_phones_step_comes_after_the_consent_before_the_devices_and_never_once_gates_fell(
    consent_at: datetime | None,
    phone_at: datetime | None,
    devices_at: datetime | None,
    offset: timedelta,
    phone: bool,
) -> None:
    now = AT + offset
    facts = replace(RUNNING, consent_at=consent_at, phone_at=phone_at, devices_at=devices_at)
    found = steps.step_of(facts, now, gates_until_s=600, last_start=None, phone=phone)
    without = steps.step_of(facts, now, gates_until_s=600, last_start=None)
    if found is Step.PHONE:
        assert phone and consent_at is not None and phone_at is None and devices_at is None
        assert without is Step.DEVICES
        assert not steps.gates_have_fallen(facts, now, 600)
    else:
        assert found is without


@given(st.lists(OFFSETS, min_size=1, max_size=5), OFFSETS)
def test_a_take_belongs_to_one_attempt_of_its_seat(created: list[timedelta], began: timedelta) -> None:
    mine = [replace(RUNNING, id=f"{n:032x}", created_at=AT + each) for n, each in enumerate(created)]
    mine.sort(key=lambda attempt: attempt.created_at, reverse=True)
    found = phones.attempt_begun_in(AT + began, mine)
    assert found in mine
    there = [each for each in mine if each.created_at <= AT + began + phones.CLOCK_TOLERANCE]
    assert found == (there[0] if there else mine[-1])
    assert phones.attempt_begun_in(AT, []) is None


def test_a_phone_that_comes_after_the_hand_in_waits_for_the_next_interview() -> None:
    over = replace(RUNNING, handed_in_at=AT, completed_at=AT)
    assert phones.current(PHONE, [over], AT) == over
    assert phones.current(replace(PHONE, filmed=None), [over], AT) is None
    assert phones.current(PHONE, [over], AT + phones.SHOWN_AFTER_HAND_IN) is None
    assert phones.current(PHONE, [replace(RUNNING, consent_at=None), over], AT) is None
    assert phones.current(PHONE, [], AT) is None


def test_another_phone_takes_over_without_a_code_only_where_no_computer_could_show_one() -> None:
    later = AT + phones.ABANDONED_AFTER + SECOND
    assert phones.may_take_over(PHONE, None, later)
    assert phones.may_take_over(PHONE, replace(RUNNING, handed_in_at=AT), later)
    assert not phones.may_take_over(PHONE, RUNNING, later)
    assert not phones.may_take_over(PHONE, None, AT + phones.ABANDONED_AFTER)


@pytest.mark.parametrize(
    ("recorded_s", "after_s", "found"),
    [
        (-100, 20, None),
        (-100, 21, PhoneFault.NOT_RESUMED),
        (None, 21, PhoneFault.NOT_RESUMED),
        (0, 200, PhoneFault.NOT_RECORDING),
    ],
    ids=["given time", "too late", "never filmed", "has filmed since"],
)
def test_after_a_reopening_a_phone_has_time_to_film_again(
    recorded_s: int | None, after_s: int, found: PhoneFault | None
) -> None:
    recorded = None if recorded_s is None else AT + recorded_s * SECOND
    phone, now = replace(PHONE, recorded_at=recorded), AT + after_s * SECOND
    assert phones.fault_since_reopening(phone, PhoneFault.NOT_RECORDING, AT, now) == found
