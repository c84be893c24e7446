"""Diagnostics text for the hotline: state of program and computer, no personal data.

It contains no name, number, seat, folder or computer name: support knows who calls.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Deque, Iterable, List, Optional, Sequence

from oneseat.client.errors import ProgramFileMissing, Unexpected
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import instant_text

if TYPE_CHECKING:
    from oneseat.client.health.check import Finding

_MAX_NOTES = 20
_MAX_REPORTED, _MAX_REPORTED_REFUSALS = 16, 10
_REPORTED = re.compile(r"(?=.{1,24}$)(OS-[0-9]{3,4}|[a-z][a-z-]*)")
"""What the portal takes with a check-in: codes of refusals, and names of checks."""

_MAX_HELP_CODES = 20
_IN_HELP = re.compile(r"OS-[0-9]{3,4}|[a-z][a-z0-9-]{0,31}:[a-z-]{1,16}")
"""What the portal takes with a help request: codes of refusals, and checks with their outcome."""


@dataclass(frozen=True)
class ProgramState:
    """State of the program. ``ahead``: computer's clock minus the portal's; None while unknown.

    ``observed`` is what sessions found, by time and check.
    """

    build: str
    charter: Charter
    enrolment: Optional[str]
    ahead: Optional[timedelta]
    scale_percent: int
    language: str
    observed: Sequence[str] = ()


@dataclass
class RefusalLog:
    """Ring buffer of the refusals shown, by code and time, oldest first; at most :data:`_MAX_NOTES`."""

    notes: Deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_NOTES))
    unreported: Deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_NOTES))
    """Codes of the refusals that no check-in has reported yet."""

    def note(self, refusal: OneSeatError, now: datetime) -> None:
        """Add a refusal's code, and the place of an unexpected fault or the name of a missing file."""
        place = ""
        if isinstance(refusal, (Unexpected, ProgramFileMissing)):
            place = f" {next(iter(refusal.facts.values()))}"
        self.notes.append(f"{instant_text(now)} {refusal.code}{place}")
        self.unreported.append(refusal.code)

    def forget_reported(self, codes: Iterable[str]) -> None:
        """Take the codes that a check-in has reported off :attr:`unreported`."""
        for code in codes:
            with contextlib.suppress(ValueError):
                while True:  # one at a time: another thread may add some meanwhile
                    self.unreported.remove(code)


def check_in_codes(refusals: RefusalLog, findings: Iterable[Finding]) -> List[str]:
    """What a check-in tells the desk: the newest refusals not reported yet, and the checks that block."""
    newest = list(dict.fromkeys(reversed(refusals.unreported)))[:_MAX_REPORTED_REFUSALS]
    blocked = [finding.check for finding in findings if finding.status == "block"]
    return [code for code in [*newest, *blocked] if _REPORTED.fullmatch(code)][:_MAX_REPORTED]


def help_codes(refusals: RefusalLog, findings: Iterable[Finding]) -> List[str]:
    """What a help request tells the desk: the newest refusals, and the checks that did not pass."""
    notes = [note.split(" ")[1] for note in reversed(list(refusals.notes))]
    newest = list(dict.fromkeys(notes))[:_MAX_REPORTED_REFUSALS]
    checks = [f"{finding.check}:{finding.status}" for finding in findings if finding.status != "pass"]
    return [code for code in [*newest, *checks] if _IN_HELP.fullmatch(code)][:_MAX_HELP_CODES]


def diagnostics(state: ProgramState, findings: Iterable[Finding], refusals: RefusalLog, now: datetime) -> str:
    """Format the diagnostics: ASCII, one fact a line."""
    charter = state.charter
    ahead = "unknown" if state.ahead is None else f"{state.ahead.total_seconds():+.0f} s"
    lines = [
        "OneSeat diagnostics",
        f"time: {instant_text(now)}",
        f"exam: {charter.exam}, charter {charter.version}",
        f"build: {state.build}",
        f"system: {_system()}",
        f"window: {state.language}, {state.scale_percent} %",
        f"enrolment: {state.enrolment or 'not logged in'}",
        f"clock ahead of portal: {ahead}",
        "refusals:",
        *(f"  {note}" for note in refusals.notes or ("none",)),
        "checks:",
        *(f"  {finding.check}: {finding.status}" for finding in findings),
        *(["in sessions:", *(f"  {note}" for note in state.observed)] if state.observed else ()),
    ]
    return "\n".join(lines) + "\n"


def _system() -> str:
    """Versions of Windows and Python; not the computer's name, which often is a person's."""
    import platform

    return f"{platform.system()} {platform.version()} {platform.machine()}, Python {sys.version.split()[0]}"
