"""What a start needs before anybody logs in: the program, the computer, and the charter by which it goes.

The rest, :mod:`oneseat.client.session` and all it needs, is loaded when it is asked for: behind the
window, which a candidate sees the sooner for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional

from oneseat.client.baked import Baked
from oneseat.client.computer.protocol import Computer
from oneseat.client.local.charters import in_force
from oneseat.client.online.server_time import ServerTime
from signing.charter import Charter
from signing.clock import Clock

if TYPE_CHECKING:
    from oneseat.client.session import Session


@dataclass(frozen=True)
class Program:
    """The program that runs: its folder, and what is baked into it."""

    folder: Path
    baked: Baked


class Start:
    """One run of the program, up to the login. ``answers`` are an identity from outside, if there is one."""

    def __init__(self, program: Program, computer: Computer, clock: Clock, answers: Dict[str, str]) -> None:
        self.program = program
        self.computer = computer
        self.clock = clock
        self.answers = answers
        self.time = ServerTime(clock)
        self._session: Optional[Session] = None
        self._loading = threading.Lock()

    def charter(self) -> Charter:
        """The charter by which this computer goes now.

        Raises:
            OneSeatError: the one beside the program is missing or does not verify.
        """
        return in_force(self.program.folder, self.program.baked.root_public_key, self.computer)

    def session(self) -> Session:
        """All that a run can do. The first call loads it; any thread may make it."""
        with self._loading:
            if self._session is None:
                self._session = self._load()
            return self._session

    def _load(self) -> Session:
        from oneseat.client.session import Session

        return Session(self)
