"""Asks the portal, at once, whose seat a typed identity is. Few calls wait for it at a time.

The room knows no names and no numbers. A login waits for the answer, unlike the identity step's check, so a
portal that hangs must not occupy every thread of the room.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.phones import PhoneIdentityWrong, PhoneLoginAway, PhoneLoginBusy
from oneseat.room.services.identity.identity_checks import ROUTE
from oneseat.room.services.portal.portal_calls import PortalCalls

AT_ONCE = 8
"""Of the 40 threads of a process. An answer takes some milliseconds: some hundred logins a second."""
WAIT_S = 5.0
THROTTLED = "OS-970"
"""The portal's refusal where too many wrong identities were typed at a seat."""
_SEAT_WAIT_S = 60


@dataclass(frozen=True)
class TypedIdentity:
    """What a candidate typed on a phone. The values are in no representation."""

    admission_number: str = field(repr=False)
    name: str = field(repr=False)
    id_number: str = field(repr=False)


class TypedIdentities:
    """The portal as phones' logins ask it; without its address every login must be paired."""

    def __init__(self, room: ServedRoom, portal_url: str | None, token: str | None) -> None:
        self._portal = PortalCalls(room, portal_url, token) if portal_url and token else None
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def seat_of(self, typed: TypedIdentity) -> str:
        """The jti of the seat that an identity is.

        Raises:
            PhoneIdentityWrong: it is no seat's.
            PhoneLoginBusy: too many are asked for at once, or too many were wrong at this seat.
            PhoneLoginAway: the portal does not answer, or the room has no token for it.
        """
        if self._portal is None:
            raise PhoneLoginAway
        if not self._turns.acquire(timeout=WAIT_S):
            raise busy(int(WAIT_S))
        try:
            outcome = self._portal.post(ROUTE, vars(typed))
        finally:
            self._turns.release()
        jti = outcome.answer.get("jti")
        if outcome.answer.get("agrees") is True and isinstance(jti, str):
            return jti
        if outcome.answer.get("agrees") is False:
            raise PhoneIdentityWrong
        raise busy(_SEAT_WAIT_S) if outcome.refusal == THROTTLED else PhoneLoginAway()

    def close(self) -> None:
        """Close the connections to the portal."""
        if self._portal is not None:
            self._portal.close()


def busy(wait_s: int) -> PhoneLoginBusy:
    """The refusal of a login that may be tried again after some seconds."""
    refusal = PhoneLoginBusy(wait_s=wait_s)
    refusal.retry_after_s = wait_s
    return refusal
