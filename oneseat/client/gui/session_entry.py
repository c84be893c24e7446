"""State of entering the mock and formal session, independent of the page shown."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple

from oneseat.client.computer.sleep_watch import Sleep, SleepWatch
from oneseat.client.errors import ExamRoomUnopened
from oneseat.client.gui.session_words import NO_SHUTDOWN
from oneseat.client.gui.shell import Say
from oneseat.client.gui.threads import RunInThread
from oneseat.client.health.check import Finding
from oneseat.client.launch import Acceptance
from oneseat.client.sessions import session_windows
from oneseat.client.sessions.handover import hand_over
from oneseat.client.sessions.session_watch import SessionWatch
from oneseat.client.sessions.session_windows import Admission
from signing.errors import OneSeatError
from signing.os_faults import system_reason

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.sessions.one_time_page import OneTimePage


BROWSER_WITHIN = timedelta(seconds=10)
"""A browser that takes longer is said not to have opened."""
_WATCH_EVERY = timedelta(seconds=5)


@dataclass(frozen=True)
class EntryState:
    """State of one kind: a request is running, the last one was refused, or the portal gave a ticket.

    ``address`` is where the browser gets the ticket; empty once it has, and the candidate is in the room.
    ``is_late`` is whether the browser should have fetched it by now.
    """

    asking: bool = False
    refusal: Optional[OneSeatError] = None
    admission: Optional[Admission] = None
    address: str = ""
    is_late: bool = False

    @property
    def entered(self) -> bool:
        """Whether the room has got the ticket."""
        return self.admission is not None and not self.address


class SessionEntry:
    """Entry state of both kinds for one login. ``changed`` is called in the window's thread."""

    def __init__(
        self, actions: Actions, run_in_thread: RunInThread, say: Say, acceptance: Acceptance
    ) -> None:
        self._actions, self._run_in_thread, self._say = actions, run_in_thread, say
        self.acceptance = acceptance
        self.observations = actions.observations(acceptance.charter)
        self.seen: Tuple[Finding, ...] = ()
        self._states: Dict[str, EntryState] = {kind: EntryState() for kind in session_windows.KINDS}
        self._page: Optional[OneTimePage] = None
        self._page_kind, self._page_since = "", actions.time.now()
        self._awake_until: Optional[datetime] = None
        self._watch: Optional[SessionWatch] = None
        self._looking, self._looked_at = False, actions.time.now()
        self.slept: Optional[Sleep] = None
        self._sleep_watch = SleepWatch()
        self._left = False
        self.changed: Callable[[], None] = lambda: None

    @property
    def in_session(self) -> bool:
        """Whether a session was entered that has not ended."""
        return self._awake_until is not None

    def state(self, kind: str) -> EntryState:
        """The state of a kind."""
        return self._states[kind]

    def enter(self, kind: str) -> None:
        """Request a ticket and open the room; ignored while a request of this kind is running."""
        before = self._states[kind]
        if before.asking:
            return
        self._set(kind, replace(before, asking=True, refusal=None))
        acceptance = self.acceptance

        def ask() -> Tuple[Admission, Tuple[Finding, ...]]:
            warnings = self._actions.check_fit(acceptance.charter)
            return self._actions.enter(acceptance, kind), warnings

        self._run_in_thread(ask, lambda outcome: self._answered(kind, outcome))

    def reopen(self, kind: str) -> None:
        """Open the browser again for a ticket that it has not fetched."""
        state = self._states[kind]
        if state.admission is None or not state.address:
            return
        if self._page is None or not self._page.is_waiting:
            self._open(kind, state.admission)
            return
        try:
            self._actions.opener_for().browse(self._page.url)
        except OSError as fault:
            refusal = ExamRoomUnopened(reason=system_reason(fault))
            self._set(kind, replace(state, refusal=refusal))
            return
        self._page_since = self._actions.time.now()
        self._set(kind, replace(state, refusal=None, is_late=False))

    def tick(self, now: datetime) -> None:
        """Note whether the browser has come, and sleep; look for what is forbidden; end with the session."""
        self._look_for_browser(now)
        if self._awake_until is None:
            return
        if now >= self._awake_until:
            self._keep_awake(None)
            self._watch, self.seen, self.slept = None, (), None
            self._states = {kind: _expire(state, now) for kind, state in self._states.items()}
            self.changed()
            return
        self._look_for_sleep(now)
        if abs(now - self._looked_at) >= _WATCH_EVERY:
            self._look(now)

    def leave(self) -> None:
        """End the login: close the page, allow sleep, and ignore results that are still to come."""
        self._left = True
        self._close_page()
        self._keep_awake(None)
        self.changed = lambda: None

    def _answered(self, kind: str, outcome: Any) -> None:  # noqa: ANN401 -- admission and warnings, or a refusal
        if self._left:
            return
        if isinstance(outcome, OneSeatError):
            self._set(kind, replace(self._states[kind], asking=False, refusal=outcome))
            return
        admission, warnings = outcome
        self.observations.add(kind, warnings, self._actions.time.now())
        self._open(kind, admission)

    def _open(self, kind: str, admission: Admission) -> None:
        """Hand the ticket over; a program has it then, a browser when it has fetched the page."""
        self._close_page()
        try:
            opener = self._actions.opener_for()
            self._page = hand_over(admission.sign, admission.room, opener, self._say)
        except OneSeatError as refusal:
            self._set(kind, EntryState(refusal=refusal))
            return
        self._page_kind, self._page_since = kind, self._actions.time.now()
        self._keep_awake(max(admission.ends, self._awake_until or admission.ends))
        address = self._page.url if self._page is not None else ""
        self._set(kind, EntryState(admission=admission, address=address))

    def _look_for_browser(self, now: datetime) -> None:
        kind, page = self._page_kind, self._page
        if page is None or not self._states[kind].address:
            return
        state = self._states[kind]
        if page.fetched.is_set():
            self._set(kind, replace(state, address="", is_late=False, refusal=None))
        elif not state.is_late and abs(now - self._page_since) >= BROWSER_WITHIN:
            self._set(kind, replace(state, is_late=True))

    def _look_for_sleep(self, now: datetime) -> None:
        """Remember the last sleep during this session; the page shows it."""
        with contextlib.suppress(OneSeatError):  # raised only where the system is not Windows
            slept = self._sleep_watch.look(now, self._actions.opener_for().sleep_clocks())
            if slept is not None:
                self.slept = slept
                self.changed()

    def _look(self, now: datetime) -> None:
        """Run the session's checks in a thread, unless the last run is not finished."""
        if self._looking:
            return
        self._watch = self._watch or self._actions.session_watch(self.acceptance.charter)
        self._looking, self._looked_at = True, now
        self._run_in_thread(self._watch.look, self._looked)

    def _looked(self, outcome: Any) -> None:  # noqa: ANN401 -- findings, or a refusal
        self._looking = False
        if self._left or not self.in_session or isinstance(outcome, OneSeatError):
            return
        kind = next((kind for kind, state in self._states.items() if state.admission), session_windows.MOCK)
        self.observations.add(kind, outcome, self._actions.time.now())
        if outcome != self.seen:
            self.seen = outcome
            self.changed()

    def _close_page(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            page.close()

    def _keep_awake(self, until: Optional[datetime]) -> None:
        if until == self._awake_until:
            return
        if self._awake_until is None:
            self._sleep_watch = SleepWatch()  # sleep before the session is none of ours
        self._awake_until = until
        with contextlib.suppress(OneSeatError):  # raised only where the system is not Windows
            opener = self._actions.opener_for()
            opener.keep_awake(on=until is not None)
            opener.block_shutdown(None if until is None else self._say(NO_SHUTDOWN))
            with contextlib.suppress(OSError):  # after a restart the candidate starts the client instead
                opener.start_after_logon(on=until is not None)

    def _set(self, kind: str, state: EntryState) -> None:
        self._states[kind] = state
        self.changed()


def _expire(state: EntryState, now: datetime) -> EntryState:
    over = state.admission is not None and now >= state.admission.ends
    return EntryState(asking=state.asking, refusal=state.refusal) if over else state
