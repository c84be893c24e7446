"""The installer's finding about the boot menu: what is used, and that no file can do harm."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.health.probes import Boot
from oneseat.client.local import installer_findings
from oneseat.client.local.installer_findings import parse_boot_finding, read_boot_finding
from signing.clock import FixedClock
from tests.client.health.recorded import Recorded
from tests.client.simulated import NOW, Installation


def content(**changes: Any) -> bytes:
    whole = {"version": 1, "time": "2035-01-04T03:00:00Z", "boot": {"systems": ["Windows 10"], "count": 1}}
    return json.dumps({**whole, **changes}, ensure_ascii=False).encode()


def test_a_recent_finding_is_read(tmp_path: Path) -> None:
    (tmp_path / installer_findings.FILE).write_bytes(b"\xef\xbb\xbf" + content(more="later"))
    finding = read_boot_finding(tmp_path, NOW)
    assert finding is not None
    assert (finding.systems, finding.count) == (("Windows 10",), 1)
    assert parse_boot_finding(content(time="2035-01-04T11:00:00+08:00"), NOW) == finding


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        content()[:-9],
        content(version=2),
        content(time="yesterday"),
        content(time="2035-01-04T03:00:00"),
        content(time="2034-10-04T03:00:00Z"),
        content(time="2036-01-04T03:00:00Z"),
        content(boot=None),
        content(boot={"systems": "Windows", "count": 1}),
        content(boot={"systems": [1], "count": 1}),
        content(boot={"systems": [], "count": True}),
        content(boot={"systems": [], "count": -1}),
        b"[" * 9000,
    ],
)
def test_damaged_and_old_findings_are_none(data: bytes) -> None:
    assert parse_boot_finding(data, NOW) is None


def test_an_absent_a_huge_and_an_unreadable_file_are_none(tmp_path: Path) -> None:
    path = tmp_path / installer_findings.FILE
    assert read_boot_finding(tmp_path, NOW) is None
    path.write_bytes(content() + b" " * installer_findings.MAX_BYTES)
    assert read_boot_finding(tmp_path, NOW) is None
    path.unlink()
    path.mkdir()
    assert read_boot_finding(tmp_path, NOW) is None


@given(st.binary())
def test_any_content_can_be_parsed(data: bytes) -> None:
    parse_boot_finding(data, NOW)


def test_the_health_check_uses_it(installation: Installation) -> None:
    installation.health = Recorded(boot=Boot(None, (), (), ""))
    folder = installation.computer.shared_folder() / installation.authority.charter().exam
    folder.mkdir(parents=True)
    (folder / installer_findings.FILE).write_bytes(content())

    def status() -> str:
        checks = installation.actions().health_checks(installation.authority.charter())
        return next(check for check in checks if check.key == "dual-boot").run().status

    assert status() == "pass"
    installation.clock = FixedClock(NOW + timedelta(days=90))
    assert status() == "unknown"
