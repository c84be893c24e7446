"""Time windows of mock and formal sessions, and admission to an open one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Callable, Iterator, Optional, Sequence, Tuple

from oneseat.client.errors import (
    AdmissionWithoutPortal,
    EntryForbidden,
    InstallationBroken,
    PortalAnswerUnusable,
    PortalRefused,
)
from oneseat.client.health.check import WARN, Finding, blocking, listed
from oneseat.client.launch import Acceptance
from oneseat.client.online.portal import Portal, TicketResponse
from oneseat.client.online.room import Room
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions.handover import Opener, RoomCredential, room_of
from signing import session_times
from signing.charter import Charter, ExamRoom
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.jws import b64url_decode
from signing.room_tokens import Pass
from signing.session_times import FORMAL, MOCK
from signing.text import Text

KINDS = (MOCK, FORMAL)
RESTART_BEFORE = timedelta(minutes=20)
"""A computer that restarts later than this may install updates into the interview."""
ADMISSION_OFF = 2170
"""The room's number for: nobody is admitted without the portal's ticket now."""
_TICKET = Text("ticket", "入场凭证有误")


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


def is_formal_near(charter: Charter, now: datetime) -> bool:
    """Whether a formal session starts within :data:`RESTART_BEFORE`, or runs."""
    formals = session_times.effective(charter).formals
    return any(
        formal.starts - RESTART_BEFORE <= now < formal.ends for formal in formals if formal is not None
    )


def gates_have_fallen(charter: Charter, kind: str, now: datetime) -> bool:
    """Whether findings keep nobody out any more: shortly before a formal session's start, and in it.

    Only this project's own room has such terms. There the findings are reported, and people decide.
    """
    terms = charter.room
    if kind != FORMAL or terms is None:
        return False
    before, formals = timedelta(seconds=terms.gates_until_s), session_times.effective(charter).formals
    return any(formal.starts - before <= now < formal.ends for formal in formals if formal is not None)


def check_fit(findings: Sequence[Finding], *, gates_have_fallen: bool = False) -> Tuple[Finding, ...]:
    """Check that no finding of the health check forbids entry; returns those that warn.

    Once the gates have fallen, those that would forbid it are returned as well.

    Raises:
        EntryForbidden: a finding does; the refusal names it, and what to do.
    """
    forbidden = blocking(findings)
    if gates_have_fallen:
        return tuple(finding for finding in findings if finding.forbidden or finding.status == WARN)
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
    room_of(acceptance.charter)  # without a room, a ticket would spend the day's mock for nothing
    response = portal.ticket(acceptance.seat.activation, kind, acceptance.seat.device)
    return _admission(response, acceptance, kind, time)


def admission_by_room(room: Room, acceptance: Acceptance, kind: str, time: ServerTime) -> Admission:
    """As :func:`admission`, by this project's room while the portal cannot be reached.

    Raises:
        AdmissionWithoutPortal: this seat is not activated, or the room admits nobody so.
        RoomSilent: it cannot be reached either.
        PortalRefused: it refuses this computer.
        PortalAnswerUnusable: its pass is not for this exam, seat, kind and device.
    """
    activation, charter = acceptance.seat.activation, acceptance.charter
    if activation is None or charter.room is None:
        raise AdmissionWithoutPortal
    try:
        token = room.admit(activation, kind, int(time.now().timestamp()), acceptance.seat.device)
    except PortalRefused as refusal:
        if refusal.portal_number != ADMISSION_OFF:
            raise
        raise AdmissionWithoutPortal from None
    try:
        given = Pass.verify(token, charter.room.receipt_keys_by_kid)
    except OneSeatError:
        raise PortalAnswerUnusable(reason=_TICKET) from None
    return _admission(TicketResponse(token, given, None), acceptance, kind, time)


def _admission(response: TicketResponse, acceptance: Acceptance, kind: str, time: ServerTime) -> Admission:
    room, device = room_of(acceptance.charter), acceptance.seat.device
    ticket = response.ticket
    claims = (ticket.exam, ticket.jti, ticket.kind, b64url_decode(ticket.device))
    if claims != (acceptance.charter.exam, acceptance.licence.jti, kind, device.public_key):
        raise PortalAnswerUnusable(reason=_TICKET)

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
