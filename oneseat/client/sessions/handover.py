"""Handing an entry ticket to the exam room, past everybody else on the computer.

A page of the room's gets it by POST, from a page that this program serves once, on this
computer, under an address that cannot be guessed; a program gets it on its standard input.
So no command line, no address, no browser history, no file and no log ever holds it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Dict, Optional, Protocol

from oneseat.client.computer.device import Device
from oneseat.client.errors import ExamRoomUnnamed, ExamRoomUnopened
from signing.charter import Charter, ExamRoom
from signing.jws import b64url_encode
from signing.text import Text
from signing.tokens import room_message

if TYPE_CHECKING:
    from oneseat.client.sessions.one_time_page import OneTimePage


class Opener(Protocol):
    """What an operating system does to open a session.

    On Windows it is :class:`oneseat.client.platform.windows.sessions.WindowsOpener`.
    """

    def browse(self, url: str) -> None:
        """Open an address in the candidate's browser.

        Raises:
            OSError: there is none.
        """
        ...

    def start(self, program: str, line: bytes) -> None:
        """Start a program below Program Files, and write a line to its standard input.

        Raises:
            OSError: it is not there, or does not start.
        """
        ...

    def keep_awake(self, *, on: bool) -> None:
        """Keep computer and screen awake, or let them sleep again; at most while the calling thread lives."""
        ...


@dataclass(frozen=True)
class Card:
    """What a room gets: the ticket, and the device's proof that it brings it itself, here and now.

    ``at`` is the portal's time in seconds since 1970.
    """

    ticket: str
    at: int
    proof: str

    @classmethod
    def of(cls, ticket: str, room: ExamRoom, device: Device, at: int) -> Card:
        """The card for one room, signed by the device key."""
        message = room_message(ticket, room.url or room.program, at)
        return cls(ticket, at, b64url_encode(device.sign(message)))

    def fields(self) -> Dict[str, str]:
        """The members of the form, or of the JSON line."""
        return {"ticket": self.ticket, "at": str(self.at), "proof": self.proof}


def room_of(charter: Charter) -> ExamRoom:
    """Where an exam's doors lead.

    Raises:
        ExamRoomUnnamed: the charter does not say.
    """
    if charter.exam_room is None:
        raise ExamRoomUnnamed
    return charter.exam_room


def hand_over(
    card: Card, room: ExamRoom, opener: Opener, say: Callable[[Text], str]
) -> Optional[OneTimePage]:
    """Bring a card into a room; the page that waits for the browser, where the room is a page.

    Raises:
        ExamRoomUnopened: browser or program cannot be started.
    """
    from oneseat.client.sessions.one_time_page import (
        OneTimePage,  # here: a server's modules would slow every start
    )

    page: Optional[OneTimePage] = None
    try:
        if room.program:
            opener.start(room.program, json.dumps(card.fields()).encode("ascii") + b"\n")
            return None
        page = OneTimePage(room.url, card.fields(), say)
        opener.browse(page.url)
    except OSError as fault:
        if page is not None:
            page.close()
        raise ExamRoomUnopened(reason=fault.strerror or type(fault).__name__) from None
    return page
