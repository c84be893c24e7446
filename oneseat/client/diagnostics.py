"""Diagnostics text for the hotline: state of program and computer, no personal data.

It contains no name, number, seat, folder or computer name: support knows who calls.
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Deque, Iterable, Optional, Sequence

from oneseat.client.errors import ProgramFileMissing, Unexpected
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import instant_text

if TYPE_CHECKING:
    from oneseat.client.health.check import Finding

_MAX_NOTES = 20


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

    def note(self, refusal: OneSeatError, now: datetime) -> None:
        """Add a refusal's code, and the place of an unexpected fault or the name of a missing file."""
        place = ""
        if isinstance(refusal, (Unexpected, ProgramFileMissing)):
            place = f" {next(iter(refusal.facts.values()))}"
        self.notes.append(f"{instant_text(now)} {refusal.code}{place}")


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
