"""Has attempts in the exam's own room followed, and the computer watched meanwhile, each in a thread.

Both go on before and after the login: a client that was started again after a restart has none yet.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Callable, Sequence

from oneseat.client.gui.room_words import NO_SHUTDOWN, UPLOADING_BEFORE_LOGIN
from oneseat.client.gui.shell import Say
from oneseat.client.gui.threads import RunInThread
from oneseat.client.sessions.held_computer import UPLOAD
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.guard.watching import Present

EVERY_S = 5.0
CALM_EVERY_S = 10.0
"""How often the room is asked in an interview that goes well: a third of its limit of silence."""
GUARD_EVERY_S = 2.0
"""What the guard finds goes to the room at once, but not sooner after the last look than this."""


class RoomTicker:
    """The looks of one window. ``changed`` is called in the window's thread after each look at the room.

    ``strip`` shows what the guard sees where the room's page cannot.
    """

    def __init__(
        self,
        actions: Actions,
        run_in_thread: RunInThread,
        say: Say,
        changed: Callable[[], None],
        strip: Callable[[Sequence[Present]], None],
    ) -> None:
        self._actions, self._run_in_thread, self._say, self._changed = actions, run_in_thread, say, changed
        self._strip = strip
        self._is_looking, self._looked_at = False, float("-inf")
        self._is_guarding, self._guarded_at = False, float("-inf")
        self.is_uploading = False

    @property
    def upload_text(self) -> str:
        """What the login page says while an upload waits; otherwise empty."""
        return self._say(UPLOADING_BEFORE_LOGIN) if self.is_uploading else ""

    @property
    def every_s(self) -> float:
        """How long after the last look at the room the next one is due."""
        rooms = self._actions.rooms
        if rooms.guard.has_news:
            return GUARD_EVERY_S
        return CALM_EVERY_S if rooms.is_calm else EVERY_S

    def tick(self) -> None:
        """Start what it is time for, unless the one before has not ended."""
        now = time.monotonic()
        self._tick_guard(now)
        if self._is_looking or now - self._looked_at < self.every_s:
            return
        self._looked_at = now
        with contextlib.suppress(OneSeatError):  # the charter cannot be read now; the login says so
            if self._actions.rooms.is_busy:
                self._is_looking = True
                self._run_in_thread(self._actions.rooms.look, self._looked)

    def _tick_guard(self, now: float) -> None:
        """Let the guard look at the computer; one that fails shows in the room as silence."""
        guard = self._actions.rooms.guard
        if self._is_guarding or not guard.is_on or now - self._guarded_at < GUARD_EVERY_S:
            return
        self._is_guarding, self._guarded_at = True, now
        self._run_in_thread(guard.look, self._guarded)

    def _guarded(self, _: object) -> None:
        self._is_guarding = False
        self._show_strip()

    def _show_strip(self) -> None:
        rooms = self._actions.rooms
        self._strip(rooms.guard.present if rooms.is_page_unseen else ())

    def _looked(self, _: object) -> None:
        """Hold the computer while an upload waits; a look that failed is shown by the follower's view."""
        self._is_looking = False
        with contextlib.suppress(OneSeatError):
            self.is_uploading = self._actions.rooms.is_uploading
        self._show_strip()
        self._actions.held.hold(UPLOAD, self._say(NO_SHUTDOWN) if self.is_uploading else None)
        self._changed()
