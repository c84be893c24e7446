"""State of entering the mock and formal session, independent of the page shown."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from oneseat.client.gui.health_page import RunInThread
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
class EntryState:
    """State of one kind: a request is running, the last one was refused, or the room was opened."""

    asking: bool = False
    refusal: Optional[OneSeatError] = None
    admission: Optional[Admission] = None


class SessionEntry:
    """Entry state of both kinds for one login. ``changed`` is called in the window's thread."""

    def __init__(
        self, actions: Actions, run_in_thread: RunInThread, say: Say, acceptance: Acceptance
    ) -> None:
        self._actions, self._run_in_thread, self._say = actions, run_in_thread, say
        self.acceptance = acceptance
        self._states: Dict[str, EntryState] = {kind: EntryState() for kind in session_windows.KINDS}
        self._page: Optional[OneTimePage] = None
        self._awake_until: Optional[datetime] = None
        self._left = False
        self.changed: Callable[[], None] = lambda: None

    def state(self, kind: str) -> EntryState:
        """The state of a kind."""
        return self._states[kind]

    def enter(self, kind: str) -> None:
        """Request a ticket and open the room; ignored while a request of this kind is running."""
        before = self._states[kind]
        if before.asking:
            return
        self._set(kind, EntryState(asking=True, admission=before.admission))
        acceptance = self.acceptance

        def ask() -> Admission:
            self._actions.check_fit(acceptance.charter)
            return self._actions.enter(acceptance, kind)

        self._run_in_thread(ask, lambda outcome: self._answered(kind, outcome))

    def tick(self, now: datetime) -> None:
        """Allow sleep again once the session is over."""
        if self._awake_until is not None and now >= self._awake_until:
            self._keep_awake(None)
            self._states = {kind: _expire(state, now) for kind, state in self._states.items()}
            self.changed()

    def leave(self) -> None:
        """End the login: close the page, allow sleep, and ignore results that are still to come."""
        self._left = True
        self._close_page()
        self._keep_awake(None)
        self.changed = lambda: None

    def _answered(self, kind: str, outcome: Any) -> None:  # noqa: ANN401 -- an admission, or a refusal
        if self._left:
            return
        if isinstance(outcome, OneSeatError):
            self._set(kind, EntryState(refusal=outcome, admission=self._states[kind].admission))
            return
        refusal = self._open(outcome)
        if refusal is None:
            ends = outcome.ends
            self._keep_awake(max(ends, self._awake_until or ends))
        self._set(kind, EntryState(refusal=refusal, admission=outcome if refusal is None else None))

    def _open(self, admission: Admission) -> Optional[OneSeatError]:
        self._close_page()
        try:
            opener = self._actions.opener_for()
            self._page = hand_over(admission.credential, admission.room, opener, self._say)
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
        with contextlib.suppress(OneSeatError):  # raised only where the system is not Windows
            self._actions.opener_for().keep_awake(on=until is not None)

    def _set(self, kind: str, state: EntryState) -> None:
        self._states[kind] = state
        self.changed()


def _expire(state: EntryState, now: datetime) -> EntryState:
    over = state.admission is not None and now >= state.admission.ends
    return EntryState(asking=state.asking, refusal=state.refusal) if over else state
