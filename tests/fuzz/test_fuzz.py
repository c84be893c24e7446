"""No parser that the client runs on foreign bytes does anything but read or refuse.

Three ways: every seed reads in earnest, hypothesis changes the seeds, and atheris (coverage-guided)
runs each target for a bounded number of inputs, or a bounded time, in a process of its own. Longer: see the
README beside this.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import FUZZ_RUNS, FUZZ_SECONDS, examples
from tests.fuzz import forks
from tests.fuzz.forks import Fuzzer
from tests.fuzz.planted import NAME as PLANTED
from tests.fuzz.seeds import CORPUS, seeds
from tests.fuzz.targets import TARGETS

PLANTED_SECONDS = 60
SEEDS = seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_a_corpus_that_reaches_its_end(name: str) -> None:
    files = sorted((CORPUS / name).iterdir())
    assert [path.read_bytes() for path in files] == SEEDS[name], "write it anew: python -m tests.fuzz.seeds"
    assert TARGETS[name](files[0].read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_changed_seeds_are_read_or_refused(name: str, data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(SEEDS[name])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.sampled_from([0, 1, 2, 4, 16, len(whole)]))
        whole[at : at + length] = data.draw(st.binary(max_size=8))
    TARGETS[name](bytes(whole))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=examples(80), deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.fixture(scope="session")
def fuzzer() -> Iterator[Fuzzer]:
    """The process that is forked for each target."""
    with forks.fuzzer() as started:
        yield started


def fuzzed(fuzzer: Fuzzer, name: str, seconds: int, folder: Path, runs: int = 0) -> tuple[int, str]:
    return fuzzer.run(folder, name, "--seconds", str(seconds), "--runs", str(runs))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_the_fuzzer_breaks_nothing_in_a_bounded_time(fuzzer: Fuzzer, name: str, tmp_path: Path) -> None:
    status, said = fuzzed(fuzzer, name, FUZZ_SECONDS, tmp_path, FUZZ_RUNS)
    assert status == 0, said[-6000:]
    assert "DONE" in said and "cov:" in said
    assert list(tmp_path.glob("crash-*")) == []


@pytest.mark.fuzz
def test_the_fuzzer_finds_a_planted_defect(fuzzer: Fuzzer, tmp_path: Path) -> None:
    status, said = fuzzed(fuzzer, PLANTED, PLANTED_SECONDS, tmp_path)
    assert status != 0 and "ZeroDivisionError" in said
    assert list(tmp_path.glob("crash-*"))
