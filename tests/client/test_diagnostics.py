"""What a check-in tells the desk: bounded, of the form that the portal takes, reported once."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import List

from oneseat.client.diagnostics import RefusalLog, check_in_codes, help_codes
from oneseat.client.errors import NothingEnrolled, PortalRefused
from oneseat.client.health.check import BLOCK, PASS, Finding
from signing.text import Text

NOW = datetime(2035, 1, 4, tzinfo=timezone.utc)
WORDS = Text("x", "x")


def found(check: str, status: str = BLOCK) -> Finding:
    return Finding(check, WORDS, status, WORDS)


def of_portal(*numbers: int) -> RefusalLog:
    log = RefusalLog()
    for number in numbers:
        log.note(PortalRefused.of(number, 400, WORDS, WORDS), NOW)
    return log


def test_refusals_come_newest_first_each_once_before_checks_that_block() -> None:
    log = of_portal(200, 103, 200)
    findings = [found("camera"), found("power", PASS)]
    assert check_in_codes(log, findings) == ["OS-200", "OS-103", "camera"]


def test_no_more_is_reported_than_the_portal_takes() -> None:
    codes = check_in_codes(of_portal(*range(300, 330)), [found(f"check-{letter}") for letter in "abcdefghij"])
    assert len(codes) == 16 and codes[0] == "OS-329"


def test_what_has_another_form_is_left_out() -> None:
    findings: List[Finding] = [found("x" * 25), found("UPPER"), found("two words"), found("chat\n")]
    assert check_in_codes(RefusalLog(), findings) == []


def test_what_was_reported_is_not_reported_again() -> None:
    log = of_portal(200)
    reported = check_in_codes(log, [])
    log.note(NothingEnrolled(), NOW)
    log.forget_reported(reported)
    assert check_in_codes(log, []) == ["OS-044"]


def test_a_help_request_names_checks_with_their_outcome() -> None:
    log = of_portal(200)
    log.forget_reported(["OS-200"])
    findings = [found("camera"), found("power", PASS), found("two words"), found("clock", "unknown")]
    assert help_codes(log, findings) == ["OS-200", "camera:block", "clock:unknown"]
    assert len(help_codes(log, [found(f"check-{number}") for number in range(40)])) == 20
