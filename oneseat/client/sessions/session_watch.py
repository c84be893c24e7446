"""Watches programs and displays while a session runs, and records what the notice forbids.

Nothing is closed, and no session is interrupted. The page shows what was found; the record is for support and
for the organiser, who decides about it. It names checks and software in the catalogue, no person.
"""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import Iterable, List, Sequence, Set, Tuple

from oneseat.client.health.check import BLOCK, UNKNOWN, WARN, Check, Finding
from oneseat.client.health.examination import examine
from signing.fields import instant_text

FILE = "observations.jsonl"
MAX_BYTES = 256 * 1024
_MAX_NOTES = 40
_TRIES = 3


class Observations:
    """Record of findings in and before sessions: the latest in memory, all in a file of this account.

    The same finding is recorded once per login. A file that cannot be written is ignored.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._seen: Set[Tuple[str, str, str]] = set()
        self.notes: List[str] = []

    def add(self, kind: str, findings: Iterable[Finding], now: datetime) -> None:
        """Record findings of a kind of session that were not recorded before."""
        for finding in findings:
            key = (kind, finding.check, finding.evidence.en)
            if key in self._seen:
                continue
            self._seen.add(key)
            time = instant_text(now)
            self.notes = [*self.notes, f"{time} {kind} {finding.check}: {finding.status}"][-_MAX_NOTES:]
            self._append(
                {
                    "time": time,
                    "session": kind,
                    "check": finding.check,
                    "status": finding.status,
                    "evidence": finding.evidence.zh,
                }
            )

    def _append(self, line: object) -> None:
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as stream:
                if stream.tell() < MAX_BYTES:
                    stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


class SessionWatch:
    """The checks that are repeated during a session.

    A check that has had no answer :data:`_TRIES` times is given up: each hanging one leaves a thread behind.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)
        self._tries_left = {check.key: _TRIES for check in checks}

    def look(self) -> Tuple[Finding, ...]:
        """Run the checks, one after the other; returns what blocks or warns."""
        found: List[Finding] = []
        for check in self._checks:
            if not self._tries_left[check.key]:
                continue
            finding = examine(check)
            if finding.status == UNKNOWN:
                self._tries_left[check.key] -= 1
            elif finding.status in (BLOCK, WARN):
                found.append(finding)
        return tuple(found)
