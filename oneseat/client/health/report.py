"""Findings as one JSON object, and as the refusal that they amount to."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from oneseat.client.errors import ComputerUnfit
from oneseat.client.health.check import BLOCK, Finding, listed, tally
from signing.charter import Charter


def unfit(findings: Sequence[Finding]) -> Optional[ComputerUnfit]:
    """The refusal that names every check that blocks; None where none does."""
    names = [found.name for found in findings if found.status == BLOCK]
    return ComputerUnfit(names=listed(names)) if names else None


def health_report(
    charter: Charter, build: str, findings: Sequence[Finding], refusal: Optional[ComputerUnfit]
) -> Dict[str, Any]:
    """What ``OneSeat.exe check --json`` prints, but for the time that it took."""
    return {
        "exam": charter.exam,
        "charter_version": charter.version,
        "build": build,
        "fit": refusal is None,
        "code": refusal.code if refusal else None,
        "cause": refusal.cause_text._asdict() if refusal else None,
        "remedy": refusal.remedy_text._asdict() if refusal else None,
        "summary": tally(findings),
        "findings": [_row(found) for found in findings],
    }


def _row(found: Finding) -> Dict[str, Any]:
    return {
        "check": found.check,
        "name": found.name._asdict(),
        "status": found.status,
        "forbidden": found.forbidden,
        "evidence": found.evidence._asdict(),
        "remedy": found.remedy._asdict(),
    }
