"""Decides whether a computer under a new device key is the one that holds the seat.

Pure: recorded and sent trait hashes, the times and the budgets go in, a verdict comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

NEEDED_TRAITS = 3
"""Traits that must match. Two computers of one disk image share two at most: MachineGuid and volume."""
REBINDS_A_DAY = 3
"""Re-bindings of one seat: at once, and then one each eight hours."""
MISMATCHES_A_DAY = 10
"""Comparisons of one seat that found another computer: more would be guesses at the traits."""
SETTLE = timedelta(minutes=2)
"""How long a binding is left alone: as long as a nonce lives, so that of simultaneous requests one wins."""


class Verdict(Enum):
    """What becomes of a request by another key than the seat's."""

    REBIND = "rebind"
    OTHER = "other"
    """Another computer, by the traits."""
    UNKNOWN = "unknown"
    """Nothing may be said: too few traits, too late, or too many comparisons."""
    SETTLING = "settling"
    """The same computer, bound a moment ago."""


def count_matches(recorded: Mapping[str, str], sent: Mapping[str, str]) -> int:
    """How many traits have the same hash under the same name."""
    return len(recorded.items() & sent.items())


def decide_rebinding(
    recorded: Mapping[str, str],
    sent: Mapping[str, str],
    *,
    bound_at: datetime,
    until: datetime,
    may_compare: bool,
    now: datetime,
) -> Verdict:
    """Decide on a request; ``until`` is the end of device changes, half open.

    ``may_compare`` is whether the budget of comparisons is open. Where it is not, even the right traits
    decide nothing, so that a guess learns nothing.
    """
    if now >= until or not may_compare or min(len(recorded), len(sent)) < NEEDED_TRAITS:
        return Verdict.UNKNOWN
    if count_matches(recorded, sent) < NEEDED_TRAITS:
        return Verdict.OTHER
    return Verdict.SETTLING if now < bound_at + SETTLE else Verdict.REBIND
