"""The room's rules at their boundaries: a second before, at, and after each moment that decides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules import answer_chain, backlog, completeness, segments, steps
from oneseat.room.rules.answer_times import AnswerWindow, Arrival
from oneseat.room.rules.segments import Fault, SegmentName
from oneseat.room.rules.steps import Step
from oneseat.state.room.takes import Take

AT = datetime(2035, 1, 4, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
GATES_S = 600


@dataclass(frozen=True)
class Recorded:
    """The facts of an attempt; by default a formal one from 03:00 to 03:10 in which nothing was done."""

    kind: str = "formal"
    consent_at: datetime | None = None
    phone_at: datetime | None = None
    devices_at: datetime | None = None
    identity_at: datetime | None = None
    room_at: datetime | None = None
    starts_at: datetime | None = AT
    ends_at: datetime | None = AT + 10 * MINUTE
    handed_in_at: datetime | None = None
    completed_at: datetime | None = None
    upload_until: datetime | None = AT + 72 * HOUR


FRESH = Recorded()
CONSENTED = replace(FRESH, consent_at=AT - HOUR)
READY = replace(CONSENTED, devices_at=AT - HOUR, room_at=AT - HOUR)
MOCK = replace(READY, kind="mock", starts_at=None, ends_at=None, upload_until=None)
HANDED_IN = replace(READY, handed_in_at=AT + 10 * MINUTE)


def _steps(facts: Recorded, moment: datetime, last_start: datetime | None = None) -> list[Step]:
    """The steps a second before a moment, at it, and a second after it."""
    return [
        steps.step_of(facts, moment + offset, gates_until_s=GATES_S, last_start=last_start)
        for offset in (-SECOND, timedelta(0), SECOND)
    ]


# --------------------------------------------------------------------------------------------- steps


def test_a_formal_attempt_by_the_clock() -> None:
    start, end = AT, AT + 10 * MINUTE
    assert _steps(READY, start) == [Step.WAITING, Step.QUESTIONS, Step.QUESTIONS]
    assert _steps(READY, end) == [Step.QUESTIONS, Step.HAND_IN, Step.HAND_IN]
    assert _steps(FRESH, end) == [Step.CONSENT, Step.REFUSED, Step.REFUSED]


def test_its_gates_fall_and_the_start_waits_for_nothing() -> None:
    fallen = AT - 10 * MINUTE
    without_room = replace(READY, room_at=None)
    assert _steps(without_room, fallen) == [Step.ROOM, Step.WAITING, Step.WAITING]
    assert _steps(without_room, AT) == [Step.WAITING, Step.QUESTIONS, Step.QUESTIONS]
    assert _steps(CONSENTED, fallen) == [Step.DEVICES] * 3, "capture needs this step; it lets everybody pass"
    assert _steps(CONSENTED, AT) == [Step.DEVICES, Step.QUESTIONS, Step.QUESTIONS]
    around = [steps.gates_have_fallen(CONSENTED, fallen + n * SECOND, GATES_S) for n in (-1, 0, 1)]
    assert around == [False, True, True]


def test_nothing_comes_before_the_consent() -> None:
    assert _steps(FRESH, AT) == [Step.CONSENT] * 3
    assert not steps.may_see_paper(FRESH, AT)
    assert [steps.may_see_paper(CONSENTED, AT + n * SECOND) for n in (-1, 0, 1)] == [False, True, True]
    assert not steps.may_see_paper(HANDED_IN, AT)


def test_a_mocks_gates_are_hard_up_to_its_last_start() -> None:
    last = AT + HOUR
    assert _steps(MOCK, last, last) == [Step.BEGIN, Step.BEGIN, Step.REFUSED]
    assert _steps(replace(MOCK, room_at=None), last, last) == [Step.ROOM, Step.ROOM, Step.REFUSED]
    assert _steps(replace(MOCK, devices_at=None), last, last) == [Step.DEVICES, Step.DEVICES, Step.REFUSED]
    assert _steps(replace(MOCK, consent_at=None), last, last) == [Step.CONSENT, Step.CONSENT, Step.REFUSED]
    assert [steps.may_begin(MOCK, last + n * SECOND, last) for n in (-1, 0, 1)] == [True, True, False]
    for unready in (
        replace(MOCK, consent_at=None),
        replace(MOCK, devices_at=None),
        replace(MOCK, room_at=None),
    ):
        assert not steps.may_begin(unready, last, last)
    assert not steps.may_begin(READY, AT, None), "a formal session begins by the clock"
    assert not steps.gates_have_fallen(replace(MOCK, starts_at=AT), AT + HOUR, GATES_S)


def test_a_mock_that_began_in_time_runs_past_the_last_start() -> None:
    begun = replace(MOCK, starts_at=AT, ends_at=AT + 10 * MINUTE)
    long_ago = AT - HOUR
    assert _steps(begun, AT, long_ago) == [Step.WAITING, Step.QUESTIONS, Step.QUESTIONS]
    assert _steps(begun, AT + 10 * MINUTE, long_ago) == [Step.QUESTIONS, Step.HAND_IN, Step.HAND_IN]


def test_after_the_hand_in_uploads_go_on_until_their_end() -> None:
    assert _steps(HANDED_IN, AT + 72 * HOUR) == [Step.UPLOADING, Step.REFUSED, Step.REFUSED]
    assert _steps(replace(HANDED_IN, completed_at=AT + HOUR), AT + 72 * HOUR) == [Step.COMPLETE] * 3


def test_hand_in_and_recorder_go_by_the_end() -> None:
    around = [steps.may_hand_in(READY, AT + 10 * MINUTE + n * SECOND) for n in (-1, 0, 1)]
    assert around == [False, True, True]
    assert not steps.may_hand_in(MOCK, AT)
    assert steps.recorder_stops_at(READY, 60) == AT + 11 * MINUTE
    assert steps.recorder_stops_at(MOCK, 60) is None


MOMENTS = st.integers(-7200, 80 * 3600).map(lambda seconds: AT + seconds * SECOND)


@given(st.lists(MOMENTS, min_size=2, max_size=20), st.booleans())
def test_steps_never_go_back_whatever_is_asked_in_between(moments: list[datetime], in_order: bool) -> None:
    order = [Step.WAITING, Step.QUESTIONS, Step.HAND_IN]
    asked = sorted(moments) if in_order else moments
    seen = {moment: steps.step_of(READY, moment, gates_until_s=GATES_S, last_start=None) for moment in asked}
    ranks = [order.index(seen[moment]) for moment in sorted(seen)]
    assert ranks == sorted(ranks), "a step depends on the time alone"


# ------------------------------------------------------------------------------------------- answers

WINDOW = AnswerWindow(AT, AT + 10 * MINUTE, AT + 72 * HOUR)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (WINDOW.starts_at, "refused kept kept"),
        (WINDOW.ends_at, "kept late late"),
        (WINDOW.upload_until, "late refused refused"),
    ],
    ids=["start", "end", "uploads"],
)
def test_when_an_answer_arrives(received: datetime, expected: str) -> None:
    made = AT + MINUTE
    around = [WINDOW.judge(made, received + n * SECOND) for n in (-1, 0, 1)]
    assert " ".join(around) == expected


def test_when_a_late_answer_says_it_was_made() -> None:
    arrived = AT + HOUR
    assert [WINDOW.judge(WINDOW.ends_at + n * SECOND, arrived) for n in (-1, 0, 1)] == [
        Arrival.LATE,
        Arrival.REFUSED,
        Arrival.REFUSED,
    ]
    before = [WINDOW.judge(WINDOW.starts_at + n * SECOND, arrived) for n in (-1, 0, 1)]
    assert before == [Arrival.REFUSED, Arrival.LATE, Arrival.LATE]


@given(MOMENTS, MOMENTS)
def test_no_clock_of_a_page_gains_a_second(made: datetime, received: datetime) -> None:
    result = WINDOW.judge(made, received)
    in_time = WINDOW.starts_at <= received < WINDOW.ends_at
    assert (result is Arrival.KEPT) == in_time, "what a page says makes no answer come in time"


def test_the_chain_is_the_pages_one() -> None:
    head = answer_chain.GENESIS
    written = (
        '{"attempt":"' + "a" * 32 + '","made_at":"2035-01-04T03:01:00.000Z","previous":"' + "0" * 64 + '",'
        '"question":"q1","sequence":1,"value":{"spoken":{"from_ms":0,"take":"测试","to_ms":9000}}}'
    )
    value = {"spoken": {"take": "测试", "to_ms": 9000, "from_ms": 0}}
    digest = answer_chain.answer_hash("a" * 32, "q1", 1, head, value, "2035-01-04T03:01:00.000Z")
    assert digest == hashlib.sha256(written.encode()).digest()


# ------------------------------------------------------------------------------------------ segments

TAKE = Take(
    attempt="a" * 32, take="d" * 24, exam="demo", stream="camera", mime="video/webm;codecs=vp8", began_at=AT
)
HEX = st.text("0123456789abcdef", min_size=24, max_size=24)


def _digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


@given(HEX, st.integers(0, 999_999), st.binary(min_size=32, max_size=32), st.sampled_from(["webm", "mp4"]))
def test_a_name_is_read_as_it_was_written(take: str, number: int, sha256: bytes, ending: str) -> None:
    name = SegmentName("national-2035", "a" * 32, "screen", take, number, sha256, ending)
    assert SegmentName.parse(str(name)) == name
    assert len(str(replace(name, exam="e" * 40))) <= 200


@given(st.text(max_size=200))
def test_other_names_are_none_of_a_segment(text: str) -> None:
    assert SegmentName.parse(text) is None


NAME = str(SegmentName("demo", "a" * 32, "camera", "d" * 24, 7, _digest(7), "webm"))


@pytest.mark.parametrize(
    "name",
    [
        NAME.replace("recordings/", "installers/"),
        NAME.replace("camera", "tablet"),
        NAME.replace("000007", "7"),
        NAME.replace("webm", "exe"),
        NAME.replace("demo", ".."),
        NAME.upper(),
        NAME + "\n",
        NAME.replace("000007", "００000７"),
    ],
    ids=["folder", "stream", "digits", "ending", "dots", "upper", "newline", "wide"],
)
def test_names_that_are_nearly_right(name: str) -> None:
    assert SegmentName.parse(NAME) is not None
    assert SegmentName.parse(name) is None


def test_a_segments_name_comes_from_what_was_announced() -> None:
    take = TAKE.announce(7, _digest(7), 10)
    assert str(SegmentName.of(take, 7)) == NAME
    assert SegmentName.of(take, 6) is None
    assert str(SegmentName.of(replace(take, mime="video/mp4"), 7)).endswith(".mp4")


def test_what_a_page_may_announce() -> None:
    take = TAKE.announce(0, _digest(0), 10)
    most, largest = segments.MAX_SEGMENTS, segments.MAX_SEGMENT_BYTES
    ahead = segments.MAX_AHEAD
    assert [segments.check_segment(take, number, 1, _digest(1)) for number in (-1, 1, ahead, ahead + 1)] == [
        *(Fault.NUMBER, None, None, Fault.NUMBER),
    ]
    long = replace(take, announced=most)
    assert [segments.check_segment(long, number, 1, _digest(1)) for number in (most - 1, most)] == [
        *(None, Fault.NUMBER),
    ]
    assert [segments.check_segment(take, 1, size, _digest(1)) for size in (0, 1, largest, largest + 1)] == [
        *(Fault.SIZE, None, None, Fault.SIZE),
    ]
    assert [segments.check_segment(take, 0, 1, digest) for digest in (_digest(0), _digest(1))] == [
        *(None, Fault.DIGEST),
    ]
    assert segments.check_segment(take, 1, 1, bytes(32)) is Fault.DIGEST
    assert segments.check_segment(take, 1, 1, b"short") is Fault.DIGEST


def test_what_a_take_may_be() -> None:
    good = ("d" * 24, "camera", "video/webm;codecs=vp8,opus")
    for right in (good, ("0" * 24, "screen", "video/mp4"), (*good[:2], 'video/mp4; codecs="avc1.42, mp4a"')):
        assert segments.check_take(*right) is None
        length = len(right[2])
        assert length <= 80
    for wrong in (
        ("D" * 24, *good[1:]),
        ("d" * 23, *good[1:]),
        (good[0], "phone", good[2]),
        (*good[:2], "audio/webm"),
        (*good[:2], "video/webm;codecs=" + "x" * 99),
        (*good[:2], "video/webm\r\nX: y"),
    ):
        assert segments.check_take(*wrong) is Fault.TAKE


# -------------------------------------------------------------------------------------- completeness


def test_all_is_there_when_each_promised_segment_of_each_take_is() -> None:
    take = TAKE.announce(0, _digest(0), 10).announce(1, _digest(1), 10)
    other = replace(TAKE, take="e" * 24).promise(0)
    assert completeness.is_complete([])
    assert not completeness.is_complete([take.mark_stored([0, 1]), other]), "it has not said how many"
    take = take.promise(3)
    assert completeness.missing([take.mark_stored([1]), other]) == {"d" * 24: [0, 2]}
    whole = take.announce(2, _digest(2), 10)
    assert not completeness.is_complete([whole.mark_stored([0, 1]), other])
    assert completeness.is_complete([whole.mark_stored([0, 1, 2]), other])


def test_a_listing_counts_by_digest() -> None:
    take = TAKE.announce(0, _digest(0), 10).announce(1, _digest(1), 10)
    named = SegmentName("demo", "a" * 32, "camera", "d" * 24, 0, _digest(0), "webm")
    foreign = [
        str(replace(named, number=1, sha256=_digest(9))),
        str(replace(named, number=5)),
        str(replace(named, take="e" * 24)),
        str(replace(named, stream="screen")),
        "recordings/demo/else",
    ]
    listed = completeness.apply_listing([take], [str(named), *foreign])
    assert [one.is_stored(0) and not one.is_stored(1) for one in listed.takes] == [True]
    assert listed.foreign == tuple(foreign)


# ------------------------------------------------------------------------------------------- backlog


@pytest.mark.parametrize(
    ("size", "bps", "expected"),
    [
        (1, 1_000_000, (1, 1)),
        (1_000_000, 1_000_000, (1, 1)),
        (1_000_001, None, (2, None)),
        (212_000_000, 706_666, (212, 41)),
        (7_500_000, 1_000_000, (8, 1)),
        (7_500_001, 1_000_000, (8, 2)),
        (1_000_000, 999, (1, None)),
        (10**12, 1_000, (10**6, None)),
    ],
    ids=["least", "one", "unknown", "much", "minute", "over", "away", "days"],
)
def test_a_backlog_in_words_numbers(size: int, bps: int | None, expected: tuple[int, int | None]) -> None:
    left = backlog.estimate(3, size, bps)
    assert (left.megabytes, left.minutes) == expected


def test_nothing_left_is_nothing() -> None:
    assert backlog.estimate(0, 0, None) == backlog.Backlog(0, 0, 0, 0)


def test_missing_segments_have_the_mean_size_of_their_take() -> None:
    take = TAKE.announce(0, _digest(0), 100).announce(1, _digest(1), 300).promise(4).mark_stored([0])
    left = backlog.of_takes([take, replace(TAKE, take="e" * 24)], 1_000_000)
    assert (left.segments, left.bytes) == (3, 600)
