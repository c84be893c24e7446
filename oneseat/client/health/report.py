"""Converts findings to the JSON report, and to a refusal if any blocks."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from oneseat.client.errors import ComputerUnfit
from oneseat.client.health.check import BLOCK, Finding, listed, tally
from signing.charter import Charter


def unfit(findings: Sequence[Finding]) -> Optional[ComputerUnfit]:
    """Refusal that names every blocking check; None if no finding blocks."""
    names = [finding.name for finding in findings if finding.status == BLOCK]
    return ComputerUnfit(names=listed(names)) if names else None


def health_report(
    charter: Charter, build: str, findings: Sequence[Finding], refusal: Optional[ComputerUnfit]
) -> Dict[str, Any]:
    """Report of ``OneSeat.exe check --json``, without the elapsed time."""
    return {
        "exam": charter.exam,
        "charter_version": charter.version,
        "build": build,
        "fit": refusal is None,
        "code": refusal.code if refusal else None,
        "cause": refusal.cause_text._asdict() if refusal else None,
        "remedy": refusal.remedy_text._asdict() if refusal else None,
        "summary": tally(findings),
        "findings": [_row(finding) for finding in findings],
    }


def _row(finding: Finding) -> Dict[str, Any]:
    return {
        "check": finding.check,
        "name": finding.name._asdict(),
        "status": finding.status,
        "forbidden": finding.forbidden,
        "evidence": finding.evidence._asdict(),
        "remedy": finding.remedy._asdict(),
    }
