"""Checks whether this computer can build: every tool with its files, and one signature made and verified."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.phone.toolchain import PhoneToolchain
from oneseat.pipeline.tools import registry
from oneseat.pipeline.tools.makensis import TARGET, Makensis
from oneseat.pipeline.tools.tool import Tool
from signing.clock import Clock
from signing.errors import OneSeatError

_PROBE = "throwaway signature"
_EPOCH = 1_700_000_000


@dataclass(frozen=True)
class ToolCheck:
    """The result of checking one tool; ``refusal`` is what is wrong with it, or None."""

    tool: str
    version: str
    path: str
    refusal: OneSeatError | None

    @property
    def mend(self) -> str:
        """Cause and remedy of the refusal, or empty."""
        return "" if self.refusal is None else f"{self.refusal.cause_text.en} {self.refusal.remedy_text.en}"

    def as_object(self) -> dict[str, object]:
        """Return the check as a JSON object."""
        code = None if self.refusal is None else self.refusal.code
        return {
            "tool": self.tool,
            "version": self.version,
            "path": self.path,
            "code": code,
            "mend": self.mend,
        }


def check_all(clock: Clock) -> list[ToolCheck]:
    """Check every tool and its files, then whether they sign a program together."""
    outcomes = [*registry.check_all(), *registry.check_all(_phone_tools())]
    return [*map(_check, outcomes), _check_signing(clock)]


def _phone_tools() -> tuple[Tool, ...]:
    """List the tools of the phone app, which cannot be built on Windows."""
    return () if sys.platform == "win32" else PhoneToolchain().tools()


def _check(outcome: registry.ToolOutcome) -> ToolCheck:
    version, path = (outcome.report.version, str(outcome.report.path)) if outcome.report else ("", "")
    return ToolCheck(outcome.name, version, path, outcome.refusal)


def _check_signing(clock: Clock) -> ToolCheck:
    try:
        with tempfile.TemporaryDirectory(prefix="oneseat-") as folder:
            registry.check_signing(_small_program(Path(folder)), clock.now())
    except OneSeatError as refusal:
        return ToolCheck(_PROBE, "", "", refusal)
    return ToolCheck(_PROBE, "made and verified", "", None)


def _small_program(folder: Path) -> Path:
    """Compile a minimal installer to sign."""
    program, script = folder / "probe.exe", folder / "probe.nsi"
    text = f'Unicode true\nTarget {TARGET}\nName probe\nOutFile "{program}"\nRequestExecutionLevel user\n'
    script.write_text(f"{text}Section\nSectionEnd\n", encoding="utf-8-sig")
    Makensis().compile(script, folder, _EPOCH)
    return program


def first_fault(checks: Sequence[ToolCheck]) -> OneSeatError | None:
    """Return the refusal of the first faulty tool, or None."""
    return next((check.refusal for check in checks if check.refusal is not None), None)
