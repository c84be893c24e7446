"""Numbers seen before are found, however many there are and wherever their keys fall."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from oneseat.pipeline.roster.repeats import RepeatIndex

keys = st.one_of(
    st.integers(1, 6),
    st.integers(1, 2**60 - 1),
    # keys that share their low bits, by which a small table places them
    st.integers(1, 2**40).map(lambda n: n << 12),
)
rows = st.lists(st.tuples(st.one_of(st.just(0), keys), st.one_of(st.just(0), keys), st.booleans()))


@given(rows)
def test_it_answers_as_two_dictionaries_would(named: list[tuple[int, int, bool]]) -> None:
    repeats, ids, numbers = RepeatIndex(), dict[int, int](), dict[int, int]()
    for row, (id_key, number_key, sound) in enumerate(named, start=2):
        is_sound = sound and bool(id_key and number_key)
        expected = (ids.get(id_key, 0) if id_key else 0, numbers.get(number_key, 0) if number_key else 0)
        assert repeats.of(row, id_key, number_key, sound=is_sound) == expected
        if is_sound and expected == (0, 0):
            ids[id_key], numbers[number_key] = row, row


def test_it_grows_and_forgets_nothing() -> None:
    count = 20_000
    repeats = RepeatIndex()
    for row in range(1, count):
        assert repeats.of(row, row * 0x9E3779B97F4A7C15 % 2**60, row, sound=True) == (0, 0)
    for row in range(1, count, 7):
        assert repeats.of(0, row * 0x9E3779B97F4A7C15 % 2**60, row, sound=True) == (row, row)


def test_a_number_costs_about_a_hundred_bytes() -> None:
    count = 60_000
    tracemalloc.start()
    repeats = RepeatIndex()
    for row in range(1, count + 1):
        repeats.of(row, row * 0x9E3779B97F4A7C15 % 2**60, row * 0xD1342543DE82EF95 % 2**60, sound=True)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / (2 * count) < 100
