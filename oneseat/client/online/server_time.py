"""Clock synchronised with the portal's signed time; changing the computer's clock does not affect it.

The portal signs its time over a nonce of the client. So does this project's room, for a client that starts
while the portal is down. From then on the monotonic counter advances it, which does not follow the system
clock and, on Windows, continues while the computer sleeps (Microsoft's page on GetTickCount64).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Callable, List, Optional, Sequence, Tuple

from oneseat.client.errors import ClockDoubtful
from signing import dates
from signing.charter import Charter
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.fields import unix_time

MAX_EXCHANGE_S = 10.0
"""A slower response is ignored: the time it was signed at is too uncertain."""
_HALF_A_SECOND = 0.5
"""Signed time is rounded down to whole seconds: on average half a second more has passed."""


class ServerTime:
    """The portal's time, or the room's, once synchronised; this computer's clock before."""

    def __init__(self, own: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._own, self._monotonic = own, monotonic
        self._synchronised: Optional[Tuple[datetime, float]] = None

    @property
    def is_synchronised(self) -> bool:
        """Whether a signed time has been fetched."""
        return self._synchronised is not None

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if self._synchronised is None:
            return self._own.now()
        moment, counted = self._synchronised
        return moment + timedelta(seconds=self._monotonic() - counted)

    def synchronise(self, ask: Callable[[], int]) -> None:
        """Fetch the signed time by ``ask`` (seconds since 1970), and use it from now on.

        Raises:
            OneSeatError: ``ask`` raised it; an earlier synchronisation stays in effect.
        """
        before = self._monotonic()
        signed = ask()
        after = self._monotonic()
        if after - before > MAX_EXCHANGE_S and self.is_synchronised:
            return
        self._synchronised = (unix_time(signed) + timedelta(seconds=_HALF_A_SECOND), (before + after) / 2)

    def own_clock_ahead(self) -> timedelta:
        """How far this computer's clock is ahead of the portal's; negative where it is behind."""
        return self._own.now() - self.now()


def synchronise_or_doubt(
    server_time: ServerTime, asks: Sequence[Callable[[], int]], charter: Charter
) -> None:
    """Fetch the time where this computer's clock would refuse a licence: of the portal, then of others.

    Raises:
        ClockDoubtful: none gives one; its reason is the portal's.
    """
    faults: List[OneSeatError] = []
    for ask in asks:
        try:
            server_time.synchronise(ask)
        except OneSeatError as fault:
            faults.append(fault)
        else:
            return
    now = dates.instant(server_time.now().astimezone(charter.ends.tzinfo))
    raise ClockDoubtful(now=now, why=faults[0].code)
