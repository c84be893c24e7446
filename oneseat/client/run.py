"""Context of one run: program folder, computer, clock, and the charter in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict

from oneseat.client.baked import Baked
from oneseat.client.computer.protocol import Computer
from oneseat.client.local.charters import charter_in_force
from oneseat.client.online.server_time import ServerTime
from signing.charter import Charter
from signing.clock import Clock

LAUNCHER = "OneSeatStart.exe"
"""Beside the client: what shortcuts and the next logon start. It checks the client's files and starts it."""


@dataclass(frozen=True)
class Program:
    """The running program: its folder, and the constants compiled into it."""

    folder: Path
    baked: Baked


class Run:
    """What the login page needs. ``answers`` is an identity from the environment, if there is one.

    Everything after the login is in :class:`oneseat.client.actions.Actions`, which imports far more modules.
    """

    def __init__(self, program: Program, computer: Computer, clock: Clock, answers: Dict[str, str]) -> None:
        self.program = program
        self.computer = computer
        self.clock = clock
        self.answers = answers
        self.time = ServerTime(clock)

    def charter(self) -> Charter:
        """Load the charter in force on this computer.

        Raises:
            OneSeatError: the charter beside the program is missing or does not verify.
        """
        return charter_in_force(self.program.folder, self.program.baked.root_public_key, self.computer)
