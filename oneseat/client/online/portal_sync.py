"""Contact with the portal after enrolment: newer charters, the confirmation, withdrawals.

Launch does not wait for it and does not need it; what it learns holds from the next
launch on, or at once where a window shows it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import Callable, Optional, Tuple

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import PortalAnswerUnusable, PortalRefused, PortalUnreachable, StorageFailed
from oneseat.client.identity import Identity
from oneseat.client.launch import check_activation
from oneseat.client.local import charters
from oneseat.client.local.portal_cache import Notebook
from oneseat.client.local.vault import Seat
from oneseat.client.online.portal import Activated, Portal
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import IdentityMismatch
from signing.tokens import Licence

WITHDRAWALS = frozenset((103, 109, 179, 182))
"""The portal's numbers for: seat active on another computer, moved away, seat revoked, licence replaced."""

PortalFor = Callable[[Charter], Portal]


@dataclass(frozen=True)
class Contact:
    """What a contact brought. ``charter`` is the newer one, where there was one.

    ``fault`` is why the portal said nothing about the seat, where it did not; the last word then stands.
    """

    charter: Optional[Charter]
    activation: Optional[str]
    fault: Optional[OneSeatError]


def newer_charter(portal: Portal, root_public_key: bytes, than: Charter) -> Optional[str]:
    """The token of the portal's charter, where it verifies and is newer.

    Raises:
        PortalUnreachable, PortalAnswerUnusable, PortalRefused: as their names say.
    """
    token = portal.charter_token()
    return token if charters.newer(token, root_public_key, than) else None


def activate(portal: Portal, charter: Charter, seat: Seat, identity: Identity) -> Activated:
    """Ask for the seat's activation, and believe the answer only where it verifies.

    Raises:
        PortalUnreachable, PortalRefused: as their names say.
        PortalAnswerUnusable: it is not an activation of this seat and device, or not the seat's key.
    """
    activated = portal.activate(seat.licence, identity, seat.device)
    licence = Licence.verified(seat.licence, charter.keys_for("licence"))
    try:
        check_activation(activated.activation, charter, licence, seat.device.public_key)
        licence.check_identity(activated.seat_key, identity.id_number, identity.admission_number)
    except IdentityMismatch:
        raise PortalAnswerUnusable(reason="seat_key") from None
    except OneSeatError:
        raise PortalAnswerUnusable(reason="activation") from None
    return activated


class Contacts:
    """Asks one exam's portal on behalf of this account, and notes what it says."""

    def __init__(self, computer: Computer, root_public_key: bytes, portal_for: PortalFor = Portal) -> None:
        self._computer = computer
        self._root_public_key = root_public_key
        self._portal_for = portal_for

    def refresh(self, charter: Charter, seat: Seat, identity: Identity) -> Contact:
        """Ask for a newer charter, and whether the seat still belongs to this computer.

        A final refusal is noted, and refuses from then on until the portal says otherwise. A yes
        that cannot be noted, as on a full disk, holds all the same, and is asked for again next time.

        Raises:
            PortalRefused: a final refusal that cannot be noted.
        """
        notebook = Notebook(self._computer, charter.exam)
        newer = self._charter(charter, notebook)
        try:
            activated = activate(self._portal_for(newer or charter), newer or charter, seat, identity)
        except PortalRefused as refusal:
            if refusal.portal_number in WITHDRAWALS:
                _noted(partial(notebook.note_withdrawal, seat.jti, refusal), refusal)
            return Contact(newer, None, refusal)
        except OneSeatError as fault:
            return Contact(newer, None, fault)
        try:
            notebook.note_activation(seat.jti, activated.activation)
        except StorageFailed as fault:
            return Contact(newer, activated.activation, fault)
        return Contact(newer, activated.activation, None)

    def check_in(self, charter: Charter, seat: Seat, build: str) -> Tuple[int, Optional[Charter]]:
        """Say that this device is there: the portal's time (seconds since 1970), and its charter if newer.

        A final refusal is noted, as :meth:`refresh` does. While the enrolment is provisional
        there is nothing to say, and the time is all that is asked for.

        Raises:
            PortalRefused: the seat is this device's no more, or the portal refuses for now.
            PortalUnreachable, PortalAnswerUnusable: as their names say.
        """
        portal, notebook = self._portal_for(charter), Notebook(self._computer, charter.exam)
        if seat.activation is None:
            return portal.signed_time(), None
        try:
            checked_in = portal.check_in(seat.activation, build, seat.device)
        except PortalRefused as refusal:
            if refusal.portal_number in WITHDRAWALS:
                _noted(partial(notebook.note_withdrawal, seat.jti, refusal), refusal)
            raise
        newer = self._charter(charter, notebook) if checked_in.charter_version > charter.version else None
        return checked_in.now, newer

    def _charter(self, charter: Charter, notebook: Notebook) -> Optional[Charter]:
        try:
            token = newer_charter(self._portal_for(charter), self._root_public_key, charter)
        except (PortalUnreachable, PortalAnswerUnusable, PortalRefused):
            return None
        if token is None:
            return None
        with contextlib.suppress(StorageFailed):  # it holds for this run, and is asked for again at the next
            notebook.note_charter(token)
        return charters.newer(token, self._root_public_key, charter)


def _noted(note: Callable[[], None], refusal: PortalRefused) -> None:
    """Note a refusal, or raise it at once: a full disk must not let a withdrawn seat go on."""
    try:
        note()
    except StorageFailed:
        raise refusal from None
