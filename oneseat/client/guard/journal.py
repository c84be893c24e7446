"""Keeps an attempt's guard events until the room has them: encrypted, ``<own>/<exam>/guard-<attempt>.bin``.

Each event is chained to the one before and signed when it is made. The room answers with the last one that it
has; what follows is sent again. Where the room's chain is another one, as after the file was lost, what is
unsent is chained to the room's.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Mapping, Set, Tuple

from oneseat.client.computer.device import Device
from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import StateDamaged, StorageFailed
from oneseat.client.local.storage import read_wrapped, storage_errors, wrapped, write_atomically
from oneseat.client.local.vault import exam_folder
from signing import guard_events
from signing.errors import OneSeatError
from signing.fields import Fields, instant_text
from signing.guard_events import Fact, GuardEvent
from signing.jws import parse_object

MAX_UNSENT = 400
"""Some 120 KB. A session has tens of events; more are lost, and the last one has the code ``full``."""
AT_ONCE = 40


class Journal:
    """The unsent events of one attempt. A file that cannot be written is ignored: they stay in memory."""

    def __init__(self, computer: Computer, exam: str, attempt: str, device: Device) -> None:
        self._computer, self._attempt, self._device = computer, attempt, device
        self._path: Path = exam_folder(computer.own_folder(), exam) / f"guard-{attempt}.bin"
        self._entropy = f"oneseat/guard-journal/v1\0{exam}\0{attempt}".encode()
        self._known: Tuple[int, str] = (0, guard_events.genesis(attempt))
        self._unsent: List[GuardEvent] = []
        self.seen: Set[str] = set()
        self._read()

    @property
    def unsent(self) -> Tuple[GuardEvent, ...]:
        """The oldest events that the room does not have, as many as one look carries."""
        return tuple(self._unsent[:AT_ONCE])

    def add(self, code: str, facts: Mapping[str, Fact], at: datetime, server_time_seen: str) -> None:
        """Chain and sign an event; :meth:`keep` it afterwards."""
        if len(self._unsent) >= MAX_UNSENT:
            return
        if len(self._unsent) == MAX_UNSENT - 1:
            code, facts = "full", {}
        sequence, head = self._end()
        event = GuardEvent(sequence + 1, head, instant_text(at), code, facts, server_time_seen)
        self._unsent.append(self._signed(event))

    def acknowledge(self, sequence: int, head: str) -> None:
        """Drop what the room has, or chain the rest to what it has."""
        if (sequence, head) == self._known:
            return
        hashes = {event.sequence: event.hash(self._attempt) for event in self._unsent}
        self._known = (sequence, head)
        if hashes.get(sequence) == head:
            self._unsent = [event for event in self._unsent if event.sequence > sequence]
        else:
            self._chain_anew()
        self.keep()

    def discard(self) -> None:
        """Drop what is unsent: the room refuses it, and would refuse it for ever."""
        self._unsent = []
        self.keep()

    def keep(self) -> None:
        """Write the file."""
        plain = {
            "sequence": self._known[0],
            "head": self._known[1],
            "events": [event.wire() for event in self._unsent],
            "seen": sorted(self.seen),
        }
        with contextlib.suppress(StorageFailed), storage_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            data = wrapped(self._computer, json.dumps(plain).encode("ascii"), self._entropy)
            write_atomically(self._path, data)

    def remove(self) -> None:
        """Delete the file: the attempt is over and the room has everything."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _read(self) -> None:
        with contextlib.suppress(OSError, NotUnwrapped, OneSeatError, StateDamaged):
            plain = Fields(parse_object(read_wrapped(self._computer, self._path, self._entropy)))
            events = [guard_events.parse(event) for event in plain.children("events")]
            self._known = (plain.integer("sequence"), plain.text("head"))
            self._unsent, self.seen = events, set(plain.texts("seen"))

    def _end(self) -> Tuple[int, str]:
        if not self._unsent:
            return self._known
        last = self._unsent[-1]
        return last.sequence, last.hash(self._attempt)

    def _chain_anew(self) -> None:
        events, self._unsent = self._unsent, []
        for event in events:
            sequence, head = self._end()
            self._unsent.append(self._signed(replace(event, sequence=sequence + 1, previous=head)))

    def _signed(self, event: GuardEvent) -> GuardEvent:
        return event.signed(self._device.sign(event.message(self._attempt)))

    def body(self) -> List[Dict[str, Any]]:
        """The unsent events as a look carries them."""
        return [event.wire() for event in self.unsent]
