"""Maps the download gate's decisions to refusals with words for candidates."""

from __future__ import annotations

from datetime import datetime

from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.refusals.exam import InstallersWithdrawn
from oneseat.portal.refusals.login import SeatRevoked, WindowClosed, WindowNotOpen
from oneseat.portal.rules.download_gate import Decision, Refusal


def refuse_before(in_force: CharterInForce, now: datetime) -> None:
    """Refuse while no window has opened yet.

    Raises:
        WindowNotOpen: ``now`` is before the first window.
    """
    first = in_force.rules.windows[0].opens
    if now < first:
        raise WindowNotOpen(opens=schedule.opening(first, in_force.zone))


def gate_refusal(decision: Decision, in_force: CharterInForce) -> PortalError:
    """The refusal for a decision that shuts the candidate out."""
    if decision.refusal is Refusal.SEAT_REVOKED:
        return SeatRevoked()
    if decision.refusal is Refusal.WITHDRAWN:
        return InstallersWithdrawn()
    if decision.opens is not None:
        return WindowNotOpen(opens=schedule.opening(decision.opens, in_force.zone))
    return WindowClosed(closed=schedule.deadline(in_force.rules.windows[-1].closes, in_force.zone))
