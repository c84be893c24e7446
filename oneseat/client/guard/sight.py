"""What one look at the computer sees, and the protocol of the probe that takes it.

:mod:`oneseat.client.platform.windows.sight` has the only implementation that ships.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional, Protocol, Tuple

from oneseat.client.computer.sleep_watch import SleepClocks


class SeenProgram(NamedTuple):
    """A program with a window: its file's name, and the name in its version resource (or "")."""

    file_name: str
    original_name: str = ""


@dataclass(frozen=True)
class Sight:
    """One look. Of the clipboard only a counter and whether it holds a picture, never its content.

    ``programs`` are those of this session that own a window; an updater or a service without one is not
    among them. ``foreground`` is the file name of the program in front, or empty. ``browser_windows`` are the
    visible windows of the room's browser. ``wall_s`` is the computer's clock in seconds since 1970.
    """

    programs: Tuple[SeenProgram, ...]
    screens: int
    is_remote: bool
    foreground: str
    clipboard: int
    clipboard_has_picture: bool
    browser_windows: int
    on_mains: Optional[bool]
    battery_percent: Optional[int]
    clocks: SleepClocks
    wall_s: float


class SightProbe(Protocol):
    """Looks at the computer, quickly enough for every two seconds."""

    def look(self, profile: Path) -> Sight:
        """Look once. ``profile`` is the folder of the room's browser."""
        ...
