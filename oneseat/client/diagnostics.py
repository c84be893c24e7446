"""What a candidate may hand to the hotline: how program and computer stand, and nothing about a person.

No name, no number, no seat, no folder, no computer name: support knows who calls.
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Deque, Iterable, Optional

from oneseat.client.errors import Unexpected
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import instant_text

if TYPE_CHECKING:
    from oneseat.client.health.check import Finding

_MAX_NOTES = 20


@dataclass(frozen=True)
class Standing:
    """How the window stands. ``ahead`` is the computer's clock against the portal's; None while unknown."""

    build: str
    charter: Charter
    enrolment: Optional[str]
    ahead: Optional[timedelta]
    scale_percent: int
    language: str


@dataclass
class Journal:
    """The refusals that were shown, by code and time, oldest first; only the last :data:`_MAX_NOTES`."""

    notes: Deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_NOTES))

    def note(self, refusal: OneSeatError, now: datetime) -> None:
        """Keep a refusal's code; of an unexpected one, where it arose."""
        place = f" {refusal.facts['fingerprint']}" if isinstance(refusal, Unexpected) else ""
        self.notes.append(f"{instant_text(now)} {refusal.code}{place}")


def diagnostics(standing: Standing, findings: Iterable[Finding], journal: Journal, now: datetime) -> str:
    """The lines to copy: ASCII, one fact a line."""
    charter = standing.charter
    ahead = "unknown" if standing.ahead is None else f"{standing.ahead.total_seconds():+.0f} s"
    lines = [
        "OneSeat diagnostics",
        f"time: {instant_text(now)}",
        f"exam: {charter.exam}, charter {charter.version}",
        f"build: {standing.build}",
        f"system: {_system()}",
        f"window: {standing.language}, {standing.scale_percent} %",
        f"enrolment: {standing.enrolment or 'not logged in'}",
        f"clock ahead of portal: {ahead}",
        "refusals:",
        *(f"  {note}" for note in journal.notes or ("none",)),
        "checks:",
        *(f"  {found.check}: {found.status}" for found in findings),
    ]
    return "\n".join(lines) + "\n"


def _system() -> str:
    """Windows' version and this Python's; not the computer's name, which often is a person's."""
    import platform

    return f"{platform.system()} {platform.version()} {platform.machine()}, Python {sys.version.split()[0]}"
