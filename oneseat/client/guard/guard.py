"""Watches the computer while an attempt runs: begins when the room says so, ends with the attempt.

Nothing is closed and nothing is blocked. The room's answers to the client's looks bring the consent and the
hand-in; the looks carry what was found.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence, Tuple

from oneseat.client.computer.device import Device
from oneseat.client.computer.protocol import Computer
from oneseat.client.guard.journal import Journal
from oneseat.client.guard.sight import SightProbe
from oneseat.client.guard.watching import Found, Present, Watch
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.online.room import LookAnswer
from oneseat.client.online.server_time import ServerTime
from signing.charter import Charter
from signing.fields import instant_text

REFUSED = frozenset((2130, 2131))
"""The room's numbers for a report that it will never take."""
_TAIL = timedelta(minutes=2)
"""Where the room is out of reach, the guard ends this long after the attempt's end."""


class Surroundings(Protocol):
    """What the guard uses of a run; :class:`oneseat.client.actions.Actions` has all of it."""

    @property
    def computer(self) -> Computer:
        """The operating system."""
        ...

    @property
    def time(self) -> ServerTime:
        """The portal's time."""
        ...

    def sight(self) -> SightProbe:
        """The probe that looks at the computer."""
        ...


class _Guarded:
    """One attempt: what is watched and what waits for the room."""

    def __init__(self, jti: str, journal: Journal, watch: Watch) -> None:
        self.jti, self.journal, self.watch = jti, journal, watch
        self.is_on = False
        self.has_looked = False
        self.room_time = ""
        self.reported: Optional[Tuple[Present, ...]] = None
        self.ends_at: Optional[datetime] = None

    @property
    def has_news(self) -> bool:
        """Whether the room does not know yet what it should."""
        differs = self.has_looked and self.watch.present != self.reported
        return self.is_on and (bool(self.journal.unsent) or differs)


class Guard:
    """The guard of one run. The room's thread calls :meth:`heard` and :meth:`body`, another :meth:`look`."""

    def __init__(self, surroundings: Surroundings, charter_for: Callable[[], Charter]) -> None:
        self._run, self._charter_for = surroundings, charter_for
        self._guarded: Dict[str, _Guarded] = {}
        self._sight: Optional[SightProbe] = None
        self._at_door: Sequence[Tuple[str, str]] = ()
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        """Whether an attempt is being watched."""
        return any(one.is_on for one in self._guarded.values())

    @property
    def has_news(self) -> bool:
        """Whether events wait for the room, or other things are there now than it was told last."""
        return any(one.has_news for one in self._guarded.values())

    @property
    def present(self) -> Tuple[Present, ...]:
        """What is there now that should not be."""
        return next((one.watch.present for one in self._guarded.values() if one.is_on), ())

    def came_with(self, findings: Sequence[Tuple[str, str]]) -> None:
        """Remember what the checks at the door found (check, status), for the attempt that is entered now."""
        self._at_door = tuple(findings)

    def heard(self, jti: str, device: Device, answer: LookAnswer) -> None:
        """Take the room's answer: begin, go on or end, and drop what the room has."""
        guard = answer.guard
        if guard is None:
            return
        with self._lock:
            one = self._guarded.get(guard.attempt)
            if one is None:
                one = self._begin(jti, guard.attempt, device)
                if not guard.watch and not one.journal.unsent:
                    one.journal.remove()
                    return
                self._guarded[guard.attempt] = one
            one.is_on, one.room_time = guard.watch, instant_text(answer.now)
            one.ends_at = answer.attempt.ends_at if answer.attempt is not None else None
            one.journal.acknowledge(guard.sequence, guard.head)
            if not guard.watch and not one.journal.unsent:
                one.journal.remove()
                del self._guarded[guard.attempt]

    def body(self, attempt: Optional[str]) -> Dict[str, Any]:
        """What a look carries of an attempt: unsent events and, while it watches, what is there now."""
        with self._lock:
            one = self._guarded.get(attempt) if attempt is not None else None
            if one is None:
                return {}
            events = one.journal.body()
            body: Dict[str, Any] = {"events": events} if events else {}
            if one.is_on and one.has_looked:
                one.reported = one.watch.present
                body["present"] = [{"code": each.code, "name": each.name} for each in one.reported]
        return body

    def refused(self, attempt: Optional[str]) -> None:
        """Drop a report that the room will never take."""
        with self._lock:
            one = self._guarded.get(attempt) if attempt is not None else None
            if one is not None:
                one.journal.discard()

    def look(self) -> None:
        """Look at the computer once, for every attempt that is watched.

        Raises:
            InstallationBroken: the system is not Windows.
        """
        for one in list(self._guarded.values()):
            if one.is_on and self._is_over(one):
                one.is_on = False
            if one.is_on:
                self._look(one)

    def _look(self, one: _Guarded) -> None:
        self._sight = self._sight or self._run.sight()
        now = self._run.time.now()
        sight = self._sight.look(RoomProfile(self._run.computer, one.jti).folder)
        with self._lock:
            found = [*self._of_door(one.watch), *one.watch.look(sight, now)]
            for each in found:
                one.journal.add(each.code, each.facts, now, one.room_time)
            if found:
                one.journal.seen = one.watch.seen
                one.journal.keep()
            one.has_looked = True

    def _of_door(self, watch: Watch) -> List[Found]:
        """Events of what was found at the door, each once in an attempt."""
        findings, self._at_door = self._at_door, ()
        new = [each for each in findings if f"door:{each[0]}" not in watch.seen]
        watch.seen.update(f"door:{check}" for check, _ in new)
        return [Found("door", {"check": check, "status": status}) for check, status in new]

    def _begin(self, jti: str, attempt: str, device: Device) -> _Guarded:
        charter = self._charter_for()
        journal = Journal(self._run.computer, charter.exam, attempt, device)
        return _Guarded(jti, journal, Watch(charter, journal.seen))

    def _is_over(self, one: _Guarded) -> bool:
        return one.ends_at is not None and self._run.time.now() > one.ends_at + _TAIL
