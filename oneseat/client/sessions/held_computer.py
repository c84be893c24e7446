"""Keeps the computer awake, delays shutdowns, and has the client started at the next logon, for reasons.

A session is one reason, an unfinished upload is another; the second must not end with the first.
"""

from __future__ import annotations

import contextlib
from typing import Callable, Dict, Optional

from oneseat.client.sessions.handover import Opener
from signing.errors import OneSeatError

SESSION, UPLOAD = "session", "upload"
_ORDER = (SESSION, UPLOAD)


class HeldComputer:
    """The reasons of this run. Call it in the window's thread only: sleep is prevented for one thread."""

    def __init__(self, opener_for: Callable[[], Opener]) -> None:
        self._opener_for = opener_for
        self._reasons: Dict[str, str] = {}

    def hold(self, name: str, reason: Optional[str]) -> None:
        """Set what a shutdown is delayed for, as Windows shows it; None ends this reason."""
        before = self._shown()
        self._reasons.pop(name, None)
        if reason is not None:
            self._reasons[name] = reason
        after = self._shown()
        if after != before:
            self._apply(after, changed=(before is None) != (after is None))

    def _shown(self) -> Optional[str]:
        return next((self._reasons[name] for name in _ORDER if name in self._reasons), None)

    def _apply(self, reason: Optional[str], *, changed: bool) -> None:
        with contextlib.suppress(OneSeatError):  # raised only where the system is not Windows
            opener, on = self._opener_for(), reason is not None
            if changed:
                opener.keep_awake(on=on)
            opener.block_shutdown(reason)
            if changed:
                with contextlib.suppress(OSError):  # after a restart the candidate starts the client instead
                    opener.start_after_logon(on=on)
