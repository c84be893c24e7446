"""Compares each look at the computer with the one before it, and says what is new.

It calls nothing of the system. What is there for long is an event once; what it means is decided by people
afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from oneseat.client.computer.sleep_watch import SleepWatch
from oneseat.client.guard.sight import SeenProgram, Sight
from oneseat.client.health.software import bare_name
from signing.charter import Charter, Software
from signing.guard_events import Fact
from signing.text import legible

SOFTWARE, SCREENS, REMOTE, WINDOWS = "software", "screens", "remote-session", "browser-windows"
MAX_OF_CODE = 40
"""Events of one code in a run: what flickers is not recorded for ever."""
CLOCK_STEP_S = 3.0
"""A smaller step of the computer's clock is a correction from the network."""
_MAX_NAME = 64


class Found(NamedTuple):
    """Something new: a code and its facts."""

    code: str
    facts: Mapping[str, Fact]


class Present(NamedTuple):
    """Something that is there now: a code, and for software the name in the catalogue."""

    code: str
    name: str = ""


class Watch:
    """The looks of one attempt. ``seen`` are the keys of what was recorded once; it outlives a restart."""

    def __init__(self, charter: Charter, seen: Iterable[str] = ()) -> None:
        self._software = _by_name(charter.catalogue)
        self._may_have_screens = charter.requirements.external_screens
        self._matches: Dict[SeenProgram, Optional[Software]] = {}
        self._sleep = SleepWatch()
        self._before: Optional[Sight] = None
        self._counts: Dict[str, int] = {}
        self.seen: Set[str] = set(seen)
        self.present: Tuple[Present, ...] = ()

    def look(self, sight: Sight, now: datetime) -> List[Found]:
        """Take a look's result; return what is new since the one before, in a fixed order."""
        before, self._before = self._before, sight
        there = self._software_there(sight)
        self.present = tuple(self._present(sight, there))
        found = [] if before is not None else [self._beginning(sight)]
        found += self._of_software(there)
        found += self._of_foreground(sight)
        found += self._of_sleep(sight, now)
        found += _of_computer(before, sight)
        return [one for one in found if self._is_within_bounds(one.code)]

    def _beginning(self, sight: Sight) -> Found:
        code = "guard-resumed" if "started" in self.seen else "guard-started"
        self.seen.add("started")
        return Found(code, {"screens": sight.screens, "remote": sight.is_remote})

    def _software_there(self, sight: Sight) -> Dict[str, Tuple[Software, SeenProgram]]:
        there: Dict[str, Tuple[Software, SeenProgram]] = {}
        for program in sight.programs:
            software = self._match(program)
            if software is not None:
                there.setdefault(software.name, (software, program))
        return there

    def _match(self, program: SeenProgram) -> Optional[Software]:
        """The catalogue's software by file name, or by the original name of a renamed file; cached."""
        if program not in self._matches:
            by_name = self._software.get(bare_name(program.file_name))
            self._matches[program] = by_name or self._software.get(bare_name(program.original_name))
        return self._matches[program]

    def _of_software(self, there: Mapping[str, Tuple[Software, SeenProgram]]) -> List[Found]:
        found = []
        for name, (software, program) in there.items():
            if self._is_new(f"{SOFTWARE}:{name}"):
                facts = {"software": name, "role": software.role, "program": _shown(program.file_name)}
                found.append(Found(SOFTWARE, facts))
        gone = sorted(_names_seen(self.seen) - there.keys())
        new = [name for name in gone if self._is_new(f"{SOFTWARE}-gone:{name}")]
        return [*found, *(Found("software-gone", {"software": name}) for name in new)]

    def _of_foreground(self, sight: Sight) -> List[Found]:
        name = _shown(sight.foreground)
        if not name or not self._is_new(f"foreground:{name.casefold()}"):
            return []
        return [Found("foreground", {"program": name})]

    def _of_sleep(self, sight: Sight, now: datetime) -> List[Found]:
        slept = self._sleep.look(now, sight.clocks)
        if slept is None:
            return []
        return [Found("slept", {"seconds": int((slept.ended - slept.began).total_seconds())})]

    def _present(self, sight: Sight, there: Iterable[str]) -> Iterable[Present]:
        for name in there:
            yield Present(SOFTWARE, name)
        if sight.screens > 1 and not self._may_have_screens:
            yield Present(SCREENS)
        if sight.is_remote:
            yield Present(REMOTE)
        if sight.browser_windows > 1:
            yield Present(WINDOWS)

    def _is_new(self, key: str) -> bool:
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _is_within_bounds(self, code: str) -> bool:
        self._counts[code] = self._counts.get(code, 0) + 1
        return self._counts[code] <= MAX_OF_CODE


def _of_computer(before: Optional[Sight], sight: Sight) -> List[Found]:
    """Changes of screens, remote session, browser windows, clipboard, power and clock."""
    found: List[Found] = []
    if before is None:
        return [Found(WINDOWS, {"count": sight.browser_windows})] if sight.browser_windows > 1 else []
    if sight.screens != before.screens:
        found.append(Found(SCREENS, {"count": sight.screens}))
    if sight.is_remote != before.is_remote:
        found.append(Found(REMOTE if sight.is_remote else "remote-session-ended", {}))
    if (
        sight.browser_windows != before.browser_windows
        and max(sight.browser_windows, before.browser_windows) > 1
    ):
        found.append(Found(WINDOWS, {"count": sight.browser_windows}))
    if sight.clipboard != before.clipboard and sight.clipboard_has_picture:
        found.append(Found("clipboard-picture", {}))
    if sight.on_mains != before.on_mains and sight.on_mains is not None:
        battery = {} if sight.battery_percent is None else {"battery": sight.battery_percent}
        found.append(Found("mains-back" if sight.on_mains else "mains-lost", battery))
    step = (sight.wall_s - before.wall_s) - (sight.clocks.elapsed_s - before.clocks.elapsed_s)
    if abs(step) >= CLOCK_STEP_S:
        found.append(Found("clock-changed", {"seconds": round(step)}))
    return found


def _by_name(catalogue: Sequence[Software]) -> Dict[str, Software]:
    return {bare_name(name): software for software in catalogue for name in software.processes}


def _names_seen(seen: Iterable[str]) -> Set[str]:
    prefix = f"{SOFTWARE}:"
    return {key[len(prefix) :] for key in seen if key.startswith(prefix)}


def _shown(file_name: str) -> str:
    return legible(file_name)[:_MAX_NAME]
