"""Synchronises an enrolled seat with the portal: newer charters, activation, withdrawal.

A launch neither waits for it nor needs it. Results are cached for the next launch; the window applies them at
once.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import Callable, Mapping, NamedTuple, Optional, Sequence

from oneseat.client.computer.activation_traits import hash_traits
from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import PortalAnswerUnusable, PortalRefused, PortalUnreachable, StorageFailed
from oneseat.client.identity import Identity
from oneseat.client.launch import check_activation
from oneseat.client.local import charters
from oneseat.client.local.kept_orders import read_orders, store_orders
from oneseat.client.local.mock_progress import STATES, MockProgress, store_mock_progress
from oneseat.client.local.portal_cache import PortalCache
from oneseat.client.local.seat_times import NO_PAUSES, SeatPauses, store_seat_times
from oneseat.client.local.vault import Seat, exam_folder
from oneseat.client.online.portal import ActivationResponse, CheckInResponse, Portal
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.orders import verify_order
from signing.refusals import IdentityMismatch
from signing.text import Text, verbatim
from signing.tokens import Licence

WITHDRAWALS = frozenset((103, 109, 179, 182))
"""The portal's numbers for: seat active on another computer, moved away, seat revoked, licence replaced."""

PortalFor = Callable[[Charter], Portal]


@dataclass(frozen=True)
class SyncOutcome:
    """Result of a synchronisation. ``charter`` is a newer charter, or None.

    ``fault`` is set if the seat's state could not be fetched or cached; the cached state then stays valid.
    """

    charter: Optional[Charter]
    activation: Optional[str]
    fault: Optional[OneSeatError]


class CheckInOutcome(NamedTuple):
    """Result of a check-in: the portal's time (seconds since 1970), its charter if newer, and the mocks.

    ``mock`` is None if the portal does not say how far the candidate came in the mock interviews. ``pauses``
    are the seat's own, by the orders that are kept then.
    """

    now: int
    charter: Optional[Charter]
    mock: Optional[MockProgress]
    pauses: SeatPauses = NO_PAUSES


def newer_charter(portal: Portal, root_public_key: bytes, than: Charter) -> Optional[str]:
    """Fetch the portal's charter token; None unless it verifies and is newer.

    Raises:
        PortalUnreachable, PortalAnswerUnusable, PortalRefused: see :mod:`oneseat.client.online.portal`.
    """
    token = portal.charter_token()
    return token if charters.newer(token, root_public_key, than) else None


def activate(
    portal: Portal,
    charter: Charter,
    seat: Seat,
    identity: Identity,
    traits: Optional[Mapping[str, bytes]] = None,
) -> ActivationResponse:
    """Activate the seat, and verify the response. ``traits`` are this computer's; only hashes are sent.

    Raises:
        PortalUnreachable, PortalRefused: see :mod:`oneseat.client.online.portal`.
        PortalAnswerUnusable: the activation is not for this seat and device, or the seat key is wrong.
    """
    hashes = hash_traits(seat.jti, traits or {})
    activated = portal.activate(seat.licence, identity, seat.device, hashes, seat.seat_key)
    licence = Licence.verify(seat.licence, charter.keys_for("licence"))
    try:
        check_activation(activated.activation, charter, licence, seat.device.public_key)
        licence.check_identity(activated.seat_key, identity.id_number, identity.admission_number)
    except IdentityMismatch:
        raise PortalAnswerUnusable(reason=verbatim("seat_key")) from None
    except OneSeatError:
        raise PortalAnswerUnusable(reason=Text("activation", "激活信息有误")) from None
    return activated


class PortalSync:
    """Queries one exam's portal, and stores the results in this account's cache."""

    def __init__(self, computer: Computer, root_public_key: bytes, portal_for: PortalFor = Portal) -> None:
        self._computer = computer
        self._root_public_key = root_public_key
        self._portal_for = portal_for

    def refresh(self, charter: Charter, seat: Seat, identity: Identity) -> SyncOutcome:
        """Fetch a newer charter, and whether the seat still belongs to this computer.

        A withdrawal is cached, and refuses every launch until the portal activates the seat again. An
        activation that cannot be cached, as on a full disk, is valid all the same, and fetched again next
        time.

        Raises:
            PortalRefused: the portal withdrew the seat, and that cannot be cached.
        """
        cache = PortalCache(self._computer, charter.exam)
        newer = self._charter(charter, cache)
        current, traits = newer or charter, self._computer.traits()
        try:
            activated = activate(self._portal_for(current), current, seat, identity, traits)
        except PortalRefused as refusal:
            if refusal.portal_number in WITHDRAWALS:
                _store_or_refuse(partial(cache.store_withdrawal, seat.jti, refusal), refusal)
            return SyncOutcome(newer, None, refusal)
        except OneSeatError as fault:
            return SyncOutcome(newer, None, fault)
        try:
            cache.store_activation(seat.jti, activated.activation)
        except StorageFailed as fault:
            return SyncOutcome(newer, activated.activation, fault)
        return SyncOutcome(newer, activated.activation, None)

    def check_in(self, charter: Charter, seat: Seat, build: str, codes: Sequence[str] = ()) -> CheckInOutcome:
        """Report this device with ``codes`` for the desk, and cache how far the candidate came in the mocks.

        A withdrawal is cached, as by :meth:`refresh`. A provisional enrolment has nothing to report, so only
        the time is fetched.

        Raises:
            PortalRefused: the seat no longer belongs to this device, or the portal is overloaded.
            PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.portal`.
        """
        portal, cache = self._portal_for(charter), PortalCache(self._computer, charter.exam)
        if seat.activation is None:
            return CheckInOutcome(portal.signed_time(), None, None)
        try:
            checked_in = portal.check_in(seat.activation, build, seat.device, codes)
        except PortalRefused as refusal:
            if refusal.portal_number in WITHDRAWALS:
                _store_or_refuse(partial(cache.store_withdrawal, seat.jti, refusal), refusal)
            raise
        newer = self._charter(charter, cache) if checked_in.charter_version > charter.version else None
        self._keep_terms(newer or charter, seat, checked_in.terms)
        self._keep_orders(newer or charter, portal, checked_in.orders)
        return CheckInOutcome(checked_in.now, newer, self._mock(charter, seat, checked_in))

    def _mock(self, charter: Charter, seat: Seat, response: CheckInResponse) -> Optional[MockProgress]:
        if response.mock not in STATES:  # of a portal that is older, or newer than this client
            return None
        progress = MockProgress(response.mock, unix_time(response.now))
        with contextlib.suppress(StorageFailed):  # shown in this run, and asked for again in the next
            store_mock_progress(exam_folder(self._computer.own_folder(), charter.exam), seat.jti, progress)
        return progress

    def _keep_terms(self, charter: Charter, seat: Seat, token: str) -> None:
        """Store the seat's own times; those of an older portal, which sends none, stay as they are."""
        folder = exam_folder(self._computer.own_folder(), charter.exam)
        if token:
            with contextlib.suppress(OneSeatError):  # not this seat's, or a full disk: the tickets count
                store_seat_times(folder, charter, seat.jti, token)

    def _keep_orders(self, charter: Charter, portal: Portal, newest: int) -> None:
        """Fetch and store the orders that are not kept yet. Without them the tickets count all the same."""
        folder = exam_folder(self._computer.own_folder(), charter.exam)
        kept = read_orders(folder)
        if newest > len(kept):
            with contextlib.suppress(OneSeatError):
                fetched = portal.orders(len(kept))
                for token in fetched:
                    verify_order(charter, token)
                store_orders(folder, [*kept, *fetched])

    def _charter(self, charter: Charter, cache: PortalCache) -> Optional[Charter]:
        try:
            token = newer_charter(self._portal_for(charter), self._root_public_key, charter)
        except (PortalUnreachable, PortalAnswerUnusable, PortalRefused):
            return None
        if token is None:
            return None
        with contextlib.suppress(StorageFailed):  # valid for this run, and fetched again in the next
            cache.store_charter(token)
        return charters.newer(token, self._root_public_key, charter)


def _store_or_refuse(store: Callable[[], None], refusal: PortalRefused) -> None:
    """Cache a withdrawal, or raise it: a full disk must not keep a withdrawn seat usable."""
    try:
        store()
    except StorageFailed:
        raise refusal from None
