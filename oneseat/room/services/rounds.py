"""A thread that does something again and again, and outlives its faults."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from oneseat.web.faults import code_or_none


class RoundThread:
    """Calls ``one_round`` every ``interval_s``; one that fails is logged, and the next one tries again.

    With ``at_once`` the first call does not wait. ``close`` is called when the thread was stopped.
    """

    def __init__(
        self,
        name: str,
        interval_s: float,
        one_round: Callable[[], object],
        *,
        at_once: bool = False,
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self.stopping = threading.Event()
        self._close = close
        self._at_once = at_once
        self._interval_s, self._one_round = interval_s, one_round
        self._log = logging.getLogger(name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the round that is under way."""
        self.stopping.set()
        self._thread.join(timeout=30)
        self._close()

    def _run(self) -> None:
        wait_s = 0 if self._at_once else self._interval_s
        while not self.stopping.wait(wait_s):
            wait_s = self._interval_s
            try:
                self._one_round()
            except Exception as error:  # noqa: BLE001 -- a thread that ended would do nothing any more
                self._log.error("round failed: %s", type(error).__name__, extra={"code": code_or_none(error)})
