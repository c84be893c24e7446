"""A check that has passed runs again when its inputs, or a file that it has read, have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import layout
from tests import passed_before
from tests.passed_before import PassedBefore


@pytest.fixture(autouse=True)
def _project_and_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(layout, "PROJECT", tmp_path)
    monkeypatch.setattr(passed_before, "LONG", False)
    (tmp_path / "read.py").write_text("as it was")


def test_it_holds_until_the_inputs_or_a_file_that_was_read_change(tmp_path: Path) -> None:
    check = PassedBefore("a-check", "inputs")
    assert not check.holds, "it never ran"
    check.keep(["read.py"])
    assert check.holds
    assert not PassedBefore("a-check", "other inputs").holds
    assert not PassedBefore("another-check", "inputs").holds
    (tmp_path / "read.py").write_text("changed")
    assert not check.holds
    (tmp_path / "read.py").write_text("as it was")
    assert check.holds
    (tmp_path / "read.py").unlink()
    assert not check.holds


def test_in_a_long_run_it_never_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    check = PassedBefore("a-check", "inputs")
    check.keep(["read.py"])
    monkeypatch.setattr(passed_before, "LONG", True)
    assert not check.holds


def test_a_record_that_cannot_be_read_does_not_hold() -> None:
    check = PassedBefore("a-check", "inputs")
    check.keep([])
    check._path.write_text("not JSON")
    assert not check.holds
