"""The small exam, built once for all tests that install something, and computers to install it on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.exam import SmallExam
from tests.e2e.wine import TestedComputer


@pytest.fixture(scope="session")
def small_exam(tmp_path_factory: pytest.TempPathFactory) -> SmallExam:
    return SmallExam.build(tmp_path_factory.mktemp("small-exam"))


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[TestedComputer]:
    candidates_computer = TestedComputer.create(tmp_path / "computer")
    yield candidates_computer
    candidates_computer.end()
