"""Has attempts in the exam's own room followed in a thread, every few seconds, before and after the login."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Callable

from oneseat.client.gui.room_words import NO_SHUTDOWN, UPLOADING_BEFORE_LOGIN
from oneseat.client.gui.shell import Say
from oneseat.client.gui.threads import RunInThread
from oneseat.client.sessions.held_computer import UPLOAD
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.client.actions import Actions

EVERY_S = 5.0


class RoomTicker:
    """The looks of one window. ``changed`` is called in the window's thread after each of them."""

    def __init__(
        self, actions: Actions, run_in_thread: RunInThread, say: Say, changed: Callable[[], None]
    ) -> None:
        self._actions, self._run_in_thread, self._say, self._changed = actions, run_in_thread, say, changed
        self._is_looking, self._looked_at = False, float("-inf")
        self.is_uploading = False

    @property
    def upload_text(self) -> str:
        """What the login page says while an upload waits; otherwise empty."""
        return self._say(UPLOADING_BEFORE_LOGIN) if self.is_uploading else ""

    def tick(self) -> None:
        """Start a look when it is time for one, and the one before has ended."""
        now = time.monotonic()
        if self._is_looking or now - self._looked_at < EVERY_S:
            return
        self._looked_at = now
        with contextlib.suppress(OneSeatError):  # the charter cannot be read now; the login says so
            if self._actions.rooms.is_busy:
                self._is_looking = True
                self._run_in_thread(self._actions.rooms.look, self._looked)

    def _looked(self, _: object) -> None:
        """Hold the computer while an upload waits; a look that failed is shown by the follower's view."""
        self._is_looking = False
        with contextlib.suppress(OneSeatError):
            self.is_uploading = self._actions.rooms.is_uploading
        self._actions.held.hold(UPLOAD, self._say(NO_SHUTDOWN) if self.is_uploading else None)
        self._changed()
