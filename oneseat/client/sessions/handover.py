"""Hands a ticket to the exam room without exposing it to other programs and accounts.

A room in the browser gets it by POST, from a page that this program serves once, on loopback, at an address
that cannot be guessed. A room's program gets it on standard input. So no command line, address, browser
history, file or log contains it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, Optional, Protocol, Sequence

from oneseat.client.computer.device import Device
from oneseat.client.computer.sleep_watch import SleepClocks
from oneseat.client.errors import ExamRoomUnnamed, ExamRoomUnopened
from signing.charter import Charter, ExamRoom
from signing.errors import OneSeatError
from signing.jws import b64url_encode
from signing.os_faults import system_reason
from signing.text import Text
from signing.tokens import room_message

if TYPE_CHECKING:
    from oneseat.client.sessions.one_time_page import OneTimePage


class Opener(Protocol):
    """Operating system calls for opening a session.

    On Windows: :class:`oneseat.client.platform.windows.sessions.WindowsOpener`.
    """

    def browse(self, url: str) -> None:
        """Open an address in the default browser.

        Raises:
            OSError: no browser could be started.
        """
        ...

    def start(self, program: str, line: bytes) -> None:
        """Start a program below Program Files, and write a line to its standard input.

        Raises:
            OSError: it does not exist, or does not start.
        """
        ...

    def start_browser(self, command: Sequence[str], *, minimised: bool) -> None:
        """Start a browser by its command line. Its process is not followed: another one may take over.

        Raises:
            OSError: it does not exist, or does not start.
        """
        ...

    def end_browser(self, profile: Path) -> bool:
        """End the browser that uses a profile folder, if there is one; returns whether none is left."""
        ...

    def start_after_logon(self, *, on: bool) -> None:
        """Have this program started at the account's next logon, or not any more.

        Raises:
            OSError: the registry cannot be written.
        """
        ...

    def block_shutdown(self, reason: Optional[str]) -> None:
        """Ask the system to wait with a shutdown, for a reason that it shows; None lets it go on."""
        ...

    def keep_awake(self, *, on: bool) -> None:
        """Prevent sleep of computer and screen, or allow it; at most while the calling thread lives."""
        ...

    def sleep_clocks(self) -> SleepClocks:
        """Read what tells whether the computer slept: a lid or an empty battery puts it to sleep anyway."""
        ...


@dataclass(frozen=True)
class RoomCredential:
    """What a room gets: the ticket, and the device's signature over ticket, room and time.

    ``at`` is the portal's time in seconds since 1970; ``proof`` is the signature.
    """

    ticket: str
    at: int
    proof: str

    @classmethod
    def of(cls, ticket: str, room: ExamRoom, device: Device, at: int) -> RoomCredential:
        """Sign a credential for one room with the device key."""
        message = room_message(ticket, room.url or room.program, at)
        return cls(ticket, at, b64url_encode(device.sign(message)))

    def fields(self) -> Dict[str, str]:
        """Fields of the form, or members of the JSON line."""
        return {"ticket": self.ticket, "at": str(self.at), "proof": self.proof}


def room_of(charter: Charter) -> ExamRoom:
    """Read the exam room from a charter.

    Raises:
        ExamRoomUnnamed: the charter names none.
    """
    if charter.exam_room is None:
        raise ExamRoomUnnamed
    return charter.exam_room


def one_time_page(
    sign: Callable[[], RoomCredential], room: ExamRoom, say: Callable[[Text], str]
) -> OneTimePage:
    """Serve a page that posts a credential, which ``sign`` makes when the page is fetched.

    Raises:
        OSError: no port is available.
    """
    from oneseat.client.sessions.one_time_page import (
        OneTimePage,  # imported late: a server's modules would slow every start
    )

    return OneTimePage(room.url, lambda: sign().fields(), say)


def hand_over(
    sign: Callable[[], RoomCredential],
    room: ExamRoom,
    opener: Opener,
    say: Callable[[Text], str],
    browse: Optional[Callable[[str], None]] = None,
) -> Optional[OneTimePage]:
    """Open a room with a credential that ``sign`` makes when it is needed.

    ``browse`` opens the page instead of the default browser. Returns the page that waits for the browser;
    None if the room is a program.

    Raises:
        ExamRoomUnopened: browser or program could not be started.
        OneSeatError: ``browse`` refuses.
    """
    page: Optional[OneTimePage] = None
    try:
        if room.program:
            opener.start(room.program, json.dumps(sign().fields()).encode("ascii") + b"\n")
            return None
        page = one_time_page(sign, room, say)
        (browse or opener.browse)(page.url)
    except (OSError, OneSeatError) as fault:
        if page is not None:
            page.close()
        if isinstance(fault, OneSeatError):
            raise
        raise ExamRoomUnopened(reason=system_reason(fault)) from None
    return page
