"""The portal's time between two of its answers: a clock that nobody can turn.

The portal signs its time over the client's own nonce. From then on the computer's
monotonic counter carries it, which does not follow the clock on the taskbar (and, on
Windows, counts on while the computer sleeps: Microsoft's page on GetTickCount64).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Callable, Optional, Tuple

from signing.clock import Clock
from signing.fields import unix_time

MAX_EXCHANGE_S = 10.0
"""An answer that took longer says too little about when it was given."""
_HALF_A_SECOND = 0.5
"""Signed time is whole seconds, cut off: on average half a second more has passed."""


class ServerTime:
    """The portal's time once it was learnt; this computer's own before."""

    def __init__(self, own: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._own, self._monotonic = own, monotonic
        self._learnt: Optional[Tuple[datetime, float]] = None

    @property
    def is_learnt(self) -> bool:
        """Whether the portal has said what time it is."""
        return self._learnt is not None

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if self._learnt is None:
            return self._own.now()
        moment, counted = self._learnt
        return moment + timedelta(seconds=self._monotonic() - counted)

    def learn(self, ask: Callable[[], int]) -> None:
        """Ask for the signed time (seconds since 1970) and go by it from now on.

        Raises:
            OneSeatError: what ``ask`` raises; the time learnt before then stands.
        """
        before = self._monotonic()
        said = ask()
        after = self._monotonic()
        if after - before > MAX_EXCHANGE_S and self.is_learnt:
            return
        self._learnt = (unix_time(said) + timedelta(seconds=_HALF_A_SECOND), (before + after) / 2)

    def own_clock_ahead(self) -> timedelta:
        """How far this computer's clock is ahead of the portal's; negative where it is behind."""
        return self._own.now() - self.now()
