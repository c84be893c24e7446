"""One run of the program: its program folder, the computer, the clock, and the charter in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict

from oneseat.client.baked import Baked
from oneseat.client.computer.protocol import Computer
from oneseat.client.local.charters import in_force
from oneseat.client.online.server_time import ServerTime
from signing.charter import Charter
from signing.clock import Clock


@dataclass(frozen=True)
class Program:
    """The program that runs: its folder, and what is baked into it."""

    folder: Path
    baked: Baked


class Run:
    """What the first window needs. ``answers`` are an identity from outside, if there is one.

    What a run can do after the login is :class:`oneseat.client.actions.Actions`, which imports far more.
    """

    def __init__(self, program: Program, computer: Computer, clock: Clock, answers: Dict[str, str]) -> None:
        self.program = program
        self.computer = computer
        self.clock = clock
        self.answers = answers
        self.time = ServerTime(clock)

    def charter(self) -> Charter:
        """The charter in force on this computer now.

        Raises:
            OneSeatError: the one beside the program is missing or does not verify.
        """
        return in_force(self.program.folder, self.program.baked.root_public_key, self.computer)
