"""What happens at the two doors, whichever page is shown: who asked, what came of it, how long it lasts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from oneseat.client.gui.health import Start
from oneseat.client.gui.shell import Say
from oneseat.client.launch import Acceptance
from oneseat.client.sessions import session_windows
from oneseat.client.sessions.handover import hand_over
from oneseat.client.sessions.session_windows import Admission
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.sessions.one_time_page import OneTimePage


@dataclass(frozen=True)
class DoorState:
    """How one door stands: asking now, refused last, or let in (and the room opened)."""

    asking: bool = False
    refusal: Optional[OneSeatError] = None
    admission: Optional[Admission] = None


class Doors:
    """Both doors of whoever is logged in. ``changed`` is called in the window's thread."""

    def __init__(self, actions: Actions, start: Start, say: Say, acceptance: Acceptance) -> None:
        self._actions, self._start, self._say = actions, start, say
        self.acceptance = acceptance
        self._states: Dict[str, DoorState] = {kind: DoorState() for kind in session_windows.KINDS}
        self._page: Optional[OneTimePage] = None
        self._awake_until: Optional[datetime] = None
        self._left = False
        self.changed: Callable[[], None] = lambda: None

    def state(self, kind: str) -> DoorState:
        """How a door stands now."""
        return self._states[kind]

    def enter(self, kind: str) -> None:
        """Ask for the way in and go; a second asking while one goes on is passed over."""
        before = self._states[kind]
        if before.asking:
            return
        self._set(kind, DoorState(asking=True, admission=before.admission))
        acceptance = self.acceptance

        def ask() -> Admission:
            self._actions.check_fit(acceptance.charter)
            return self._actions.enter(acceptance, kind)

        self._start(ask, lambda outcome: self._answered(kind, outcome))

    def tick(self, now: datetime) -> None:
        """Let the computer sleep again once the session is over."""
        if self._awake_until is not None and now >= self._awake_until:
            self._keep_awake(None)
            self._states = {kind: _after(state, now) for kind, state in self._states.items()}
            self.changed()

    def leave(self) -> None:
        """Whoever was logged in is no more: nothing waits, nothing is kept."""
        self._left = True
        self._close_page()
        self._keep_awake(None)
        self.changed = lambda: None

    def _answered(self, kind: str, outcome: Any) -> None:  # noqa: ANN401 -- an admission, or a refusal
        if self._left:
            return
        if isinstance(outcome, OneSeatError):
            self._set(kind, DoorState(refusal=outcome, admission=self._states[kind].admission))
            return
        refusal = self._open(outcome)
        if refusal is None:
            ends = outcome.ends
            self._keep_awake(max(ends, self._awake_until or ends))
        self._set(kind, DoorState(refusal=refusal, admission=outcome if refusal is None else None))

    def _open(self, admission: Admission) -> Optional[OneSeatError]:
        self._close_page()
        try:
            opener = self._actions.opener_for()
            self._page = hand_over(admission.card, admission.room, opener, self._say)
        except OneSeatError as refusal:
            return refusal
        return None

    def _close_page(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            page.close()

    def _keep_awake(self, until: Optional[datetime]) -> None:
        if until == self._awake_until:
            return
        self._awake_until = until
        with contextlib.suppress(OneSeatError):  # no Windows: nothing sleeps by its rules
            self._actions.opener_for().keep_awake(on=until is not None)

    def _set(self, kind: str, state: DoorState) -> None:
        self._states[kind] = state
        self.changed()


def _after(state: DoorState, now: datetime) -> DoorState:
    over = state.admission is not None and now >= state.admission.ends
    return DoorState(asking=state.asking, refusal=state.refusal) if over else state
