"""The client treats exactly the portal's withdrawal refusals as withdrawals."""

from __future__ import annotations

from oneseat.client.online.portal_sync import WITHDRAWALS
from oneseat.portal.refusals.devices import LicenceWithdrawn
from oneseat.portal.refusals.login import SeatRevoked
from oneseat.state.errors import DeviceRetired, SeatTaken


def test_the_client_knows_the_portals_withdrawals_by_their_numbers() -> None:
    withdrawing = (LicenceWithdrawn, SeatRevoked, SeatTaken, DeviceRetired)
    assert {error.number for error in withdrawing} == WITHDRAWALS
