"""The two doors, mock and formal: which session is behind them, and how one goes in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Iterator, Optional, Sequence

from oneseat.client.errors import DoorForbidden, InstallationBroken, PortalAnswerUnusable
from oneseat.client.health.check import Finding, blocking, listed
from oneseat.client.launch import Acceptance
from oneseat.client.online.portal import Admitted, Portal
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions.handover import Card, Opener, room_of
from signing.charter import Charter, ExamRoom
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.text import Text

MOCK, FORMAL = "mock", "formal"
KINDS = (MOCK, FORMAL)


@dataclass(frozen=True)
class Doorway:
    """One session as a door sees it: the door opens, takes nobody new from ``last_login`` on, and ends.

    A mock takes new people until it ends.
    """

    kind: str
    opens: datetime
    last_login: datetime
    ends: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the session runs; who was in before may come back until it ends."""
        return self.opens <= now < self.ends

    def turns(self, now: datetime) -> datetime:
        """The next moment at which something changes, for counting down to it."""
        if now < self.opens:
            return self.opens
        return self.last_login if now < self.last_login else self.ends


def doorways(charter: Charter, kind: str) -> Iterator[Doorway]:
    """The sessions of a kind, in their order."""
    if kind == MOCK:
        found = [Doorway(MOCK, mock.opens, mock.closes, mock.closes) for mock in charter.mocks]
    else:
        found = [
            Doorway(FORMAL, formal.login_opens, formal.login_closes, formal.ends)
            for formal in charter.formals
        ]
    return iter(sorted(found, key=lambda doorway: doorway.opens))


def doorway(charter: Charter, kind: str, now: datetime) -> Optional[Doorway]:
    """The session of a kind that runs or comes next; None when all are over, or there is none."""
    return next((found for found in doorways(charter, kind) if now < found.ends), None)


def next_doorway(charter: Charter, now: datetime) -> Optional[Doorway]:
    """The session of either kind that runs or comes next."""
    found = filter(None, (doorway(charter, kind, now) for kind in KINDS))
    return min(found, key=lambda coming: coming.opens, default=None)


@dataclass(frozen=True)
class Admission:
    """A way in: what the portal said, the room, and the card for it."""

    admitted: Admitted
    room: ExamRoom
    card: Card

    @property
    def ends(self) -> datetime:
        """When the ticket ends, and with it the session."""
        return unix_time(self.admitted.ticket.exp)


def check_fit(findings: Sequence[Finding]) -> None:
    """Hold the health check's findings against what the notice forbids.

    Raises:
        DoorForbidden: something forbidden was found; it says what, and what to do.
    """
    forbidden = blocking(findings)
    if forbidden:
        raise DoorForbidden(
            found=listed(found.evidence for found in forbidden),
            advice=Text(
                " ".join(found.remedy.en for found in forbidden),
                "".join(found.remedy.zh for found in forbidden),
            ),
        )


def admission(portal: Portal, acceptance: Acceptance, kind: str, time: ServerTime) -> Admission:
    """Ask the portal to let this seat and device in, and make the card for the room.

    Raises:
        ExamRoomUnnamed: the charter does not say where the door leads.
        PortalRefused: the rule that refuses, with the portal's own code.
        PortalUnreachable, PortalAnswerUnusable: as their names say.
    """
    room, device = room_of(acceptance.charter), acceptance.seat.device
    admitted = portal.ticket(acceptance.seat.activation, kind, device)
    ticket = admitted.ticket
    said = (ticket.exam, ticket.jti, ticket.kind, b64url_decode(ticket.device))
    if said != (acceptance.charter.exam, acceptance.licence.jti, kind, device.public_key):
        raise PortalAnswerUnusable(reason="ticket")
    card = Card.of(admitted.token, room, device, int(time.now().timestamp()))
    return Admission(admitted, room, card)


def installed_opener() -> Opener:
    """What the operating system does for a door.

    Raises:
        InstallationBroken: this is no Windows.
    """
    if sys.platform == "win32":
        from oneseat.client.platform.windows.sessions import WindowsOpener

        return WindowsOpener()
    raise InstallationBroken(missing="Windows")
