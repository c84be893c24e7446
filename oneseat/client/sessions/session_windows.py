"""Time windows of mock and formal sessions, and admission to an open one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Callable, Iterator, Optional, Sequence, Tuple

from oneseat.client.errors import EntryForbidden, InstallationBroken, PortalAnswerUnusable
from oneseat.client.health.check import WARN, Finding, blocking, listed
from oneseat.client.launch import Acceptance
from oneseat.client.online.portal import Portal, TicketResponse
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions.handover import Opener, RoomCredential, room_of
from signing.charter import Charter, ExamRoom
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.text import Text

MOCK, FORMAL = "mock", "formal"
KINDS = (MOCK, FORMAL)


@dataclass(frozen=True)
class SessionWindow:
    """Time window of one session: first logins are possible from ``opens`` to ``last_login``.

    Later logins are possible until ``ends``. Of a mock session ``last_login`` equals ``ends``.
    """

    kind: str
    opens: datetime
    last_login: datetime
    ends: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the session runs; who entered before may return until it ends."""
        return self.opens <= now < self.ends

    def next_change(self, now: datetime) -> datetime:
        """The next boundary after ``now``, which the countdown shows."""
        if now < self.opens:
            return self.opens
        return self.last_login if now < self.last_login else self.ends


def windows_of(charter: Charter, kind: str) -> Iterator[SessionWindow]:
    """Windows of a kind's sessions, in chronological order."""
    if kind == MOCK:
        windows = [SessionWindow(MOCK, mock.opens, mock.closes, mock.closes) for mock in charter.mocks]
    else:
        windows = [
            SessionWindow(FORMAL, formal.login_opens, formal.login_closes, formal.ends)
            for formal in charter.formals
        ]
    return iter(sorted(windows, key=lambda window: window.opens))


def current_window(charter: Charter, kind: str, now: datetime) -> Optional[SessionWindow]:
    """The window of a kind that is open or opens next; None if all are over."""
    return next((window for window in windows_of(charter, kind) if now < window.ends), None)


def next_window(charter: Charter, now: datetime) -> Optional[SessionWindow]:
    """The window of either kind that is open or opens next; None if all are over."""
    windows = filter(None, (current_window(charter, kind, now) for kind in KINDS))
    return min(windows, key=lambda window: window.opens, default=None)


@dataclass(frozen=True)
class Admission:
    """Admission to a session: the portal's response, the room, and the credential for it.

    ``sign`` makes a credential at the time of its call; a room takes each for two minutes.
    """

    response: TicketResponse
    room: ExamRoom
    sign: Callable[[], RoomCredential]

    @property
    def credential(self) -> RoomCredential:
        """A credential signed now."""
        return self.sign()

    @property
    def ends(self) -> datetime:
        """When the ticket expires and the session ends."""
        return unix_time(self.response.ticket.exp)


def check_fit(findings: Sequence[Finding]) -> Tuple[Finding, ...]:
    """Check that no finding of the health check forbids entry; returns those that warn.

    Raises:
        EntryForbidden: a finding does; the refusal names it, and what to do.
    """
    forbidden = blocking(findings)
    if forbidden:
        raise EntryForbidden(
            found=listed(finding.evidence for finding in forbidden),
            advice=Text(
                " ".join(finding.remedy.en for finding in forbidden),
                "".join(finding.remedy.zh for finding in forbidden),
            ),
        )
    return tuple(finding for finding in findings if finding.status == WARN)


def admission(portal: Portal, acceptance: Acceptance, kind: str, time: ServerTime) -> Admission:
    """Request a ticket for this seat and device, verify it, and sign the credential for the room.

    Raises:
        ExamRoomUnnamed: the charter names no exam room.
        PortalRefused: a rule of the portal refuses entry; the code is the portal's.
        PortalUnreachable: the portal did not answer.
        PortalAnswerUnusable: the ticket is not for this exam, seat, kind and device.
    """
    room, device = room_of(acceptance.charter), acceptance.seat.device
    response = portal.ticket(acceptance.seat.activation, kind, device)
    ticket = response.ticket
    claims = (ticket.exam, ticket.jti, ticket.kind, b64url_decode(ticket.device))
    if claims != (acceptance.charter.exam, acceptance.licence.jti, kind, device.public_key):
        raise PortalAnswerUnusable(reason=Text("ticket", "入场凭证有误"))

    def sign() -> RoomCredential:
        return RoomCredential.of(response.token, room, device, int(time.now().timestamp()))

    return Admission(response, room, sign)


def installed_opener() -> Opener:
    """Create the opener of this operating system.

    Raises:
        InstallationBroken: the system is not Windows.
    """
    if sys.platform == "win32":
        from oneseat.client.platform.windows.sessions import WindowsOpener

        return WindowsOpener()
    raise InstallationBroken(missing="Windows")
