"""State of entering the mock and formal session, independent of the page shown."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, Tuple

from oneseat.client.computer.sleep_watch import Sleep, SleepWatch
from oneseat.client.errors import ExamRoomUnopened
from oneseat.client.guard.findings import findings
from oneseat.client.gui.session_words import NO_SHUTDOWN
from oneseat.client.gui.shell import Say
from oneseat.client.gui.threads import RunInThread
from oneseat.client.health.check import Finding
from oneseat.client.launch import Acceptance
from oneseat.client.sessions import room_state, session_windows
from oneseat.client.sessions.handover import hand_over, one_time_page
from oneseat.client.sessions.held_computer import SESSION
from oneseat.client.sessions.held_session import HeldSession
from oneseat.client.sessions.room_state import RoomView
from oneseat.client.sessions.session_watch import SessionWatch
from oneseat.client.sessions.session_windows import Admission
from signing import session_times
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.os_faults import system_reason

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.sessions.one_time_page import OneTimePage


BROWSER_WITHIN = timedelta(seconds=10)
"""A browser that takes longer is said not to have opened."""
ROOM_WITHIN = timedelta(seconds=15)
"""The same of a room that has not seen its window."""
_WATCH_EVERY = timedelta(seconds=5)


@dataclass(frozen=True)
class EntryState:
    """State of one kind: a request is running, the last one was refused, or the portal gave a ticket.

    ``address`` is where the browser gets the ticket; empty once it has. Then the candidate is in a third
    party's room; this project's own room has yet to see its window, which ``waits`` says. ``is_late`` is
    whether that should have happened by now.
    """

    asking: bool = False
    refusal: Optional[OneSeatError] = None
    admission: Optional[Admission] = None
    address: str = ""
    is_late: bool = False
    waits: bool = False

    @property
    def entered(self) -> bool:
        """Whether the room has got the ticket, and this project's own room has seen its window."""
        return self.admission is not None and not self.address and not self.waits


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
        self._views: Mapping[str, object] = dict.fromkeys(session_windows.KINDS)
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

    def room_view(self, kind: str) -> Optional[RoomView]:
        """What this project's own room says of the newest attempt of a kind; None where there is none."""
        return self._actions.rooms.view(self.acceptance.seat.jti, kind)

    def session(self, kind: str, now: datetime) -> Optional[HeldSession]:
        """The session of a kind that runs or comes next, as room and orders have it; None if all are over."""
        return self._actions.session(self.acceptance, kind, now)

    def enter(self, kind: str) -> None:
        """Request a ticket and open the room; ignored while a request of this kind is running."""
        before = self._states[kind]
        if before.asking:
            return
        self._set(kind, replace(before, asking=True, refusal=None))
        acceptance = self.acceptance

        def ask() -> Tuple[Admission, Tuple[Finding, ...]]:
            warnings = self._actions.check_fit(acceptance.charter, kind)
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
            self._browse(kind, state.admission)(self._page.url)
        except OneSeatError as refusal:
            self._set(kind, replace(state, refusal=refusal))
            return
        except OSError as fault:
            self._set(kind, replace(state, refusal=ExamRoomUnopened(reason=system_reason(fault))))
            return
        self._page_since = self._actions.time.now()
        self._set(kind, replace(state, refusal=None, is_late=False))

    def tick(self, now: datetime) -> None:
        """Note whether the browser has come, and sleep; look for what is forbidden; end with the session."""
        self._look_for_browser(now)
        self._look_at_rooms()
        self._look_at_guard(now)
        if self._awake_until is None:
            return
        self._follow_end(now)
        if now >= self._awake_until:
            self._keep_awake(None)
            self._watch, self.seen, self.slept = None, (), None
            self._states = {kind: _expire(state, now) for kind, state in self._states.items()}
            self.changed()
            return
        self._look_for_sleep(now)
        if not self._is_guarded and abs(now - self._looked_at) >= _WATCH_EVERY:
            self._look(now)

    def ends_of(self, kind: str, admission: Admission, now: datetime) -> datetime:
        """When an entered session ends as it is now: extra time may be approved while it runs.

        The room's word counts before the ticket's, in which a pause may be longer than it was in the end.
        """
        session = self.session(kind, now)
        if session is not None and session.is_told:
            return session.window.ends
        windows = session_windows.windows_of(self.acceptance.charter, kind)
        entered_at = unix_time(admission.response.ticket.iat)
        own = [window.ends for window in windows if window.is_open(entered_at)]
        return max([admission.ends, *own])

    def _follow_end(self, now: datetime) -> None:
        """Keep the computer awake until the session's end as it is now."""
        for kind, state in self._states.items():
            if state.admission is not None and self._awake_until is not None:
                self._keep_awake(max(self._awake_until, self.ends_of(kind, state.admission, now)))

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
            browse = self._browse(kind, admission)
            self._page = hand_over(admission.sign, admission.room, opener, self._say, browse)
        except OneSeatError as refusal:
            self._set(kind, EntryState(refusal=refusal))
            return
        self._page_kind, self._page_since = kind, self._actions.time.now()
        self._keep_awake(max(admission.ends, self._awake_until or admission.ends))
        address = self._page.url if self._page is not None else ""
        self._set(kind, EntryState(admission=admission, address=address))

    def _browse(self, kind: str, admission: Admission) -> Callable[[str], None]:
        """What opens an address: the room's own browser, or the default one for a third party's room."""
        if not admission.room.is_own:
            return self._actions.opener_for().browse
        seat = self.acceptance.seat
        return partial(self._actions.rooms.open, kind, seat.jti, seat.device, admission.response.token)

    def _look_for_browser(self, now: datetime) -> None:
        kind, page = self._page_kind, self._page
        state = self._states.get(kind)
        if page is None or state is None or state.admission is None or state.entered:
            return
        if state.admission.room.is_own:
            self._look_for_window(kind, state, state.admission, page, now)
        elif page.fetched.is_set():
            self._set(kind, replace(state, address="", is_late=False, refusal=None))
        elif not state.is_late and abs(now - self._page_since) >= BROWSER_WITHIN:
            self._set(kind, replace(state, is_late=True))

    def _look_for_window(
        self, kind: str, state: EntryState, admission: Admission, page: OneTimePage, now: datetime
    ) -> None:
        """Note that the page was fetched, then that the room has seen its window, or that both are late."""
        view = self.room_view(kind)
        if view is not None and view.stage != room_state.WAITING:
            self._close_page()
            self._set(kind, replace(state, address="", waits=False, is_late=False, refusal=None))
        elif not state.is_late and abs(now - self._page_since) >= ROOM_WITHIN:
            address = state.address
            if not page.is_waiting:  # the candidate may want to copy an address that can still be fetched
                with contextlib.suppress(OSError):
                    self._page = one_time_page(admission.sign, admission.room, self._say)
                    address = self._page.url
            self._set(kind, replace(state, is_late=True, address=address))
        elif page.fetched.is_set() and not state.waits:
            self._set(kind, replace(state, waits=True, refusal=None))

    def _look_at_rooms(self) -> None:
        """Redraw where the room's word about an attempt has changed."""
        views = {kind: _shown(self.room_view(kind)) for kind in session_windows.KINDS}
        if views != self._views:
            self._views = views
            self.changed()

    @property
    def _is_guarded(self) -> bool:
        """Whether this project's own room was entered: its guard looks, and nothing before the consent."""
        return any(
            state.admission is not None and state.admission.room.is_own for state in self._states.values()
        )

    def _look_at_guard(self, now: datetime) -> None:
        """Show and record what the guard sees now."""
        if self._is_guarded:
            self._show_seen(findings(self._actions.rooms.guard.present), now)

    def _show_seen(self, seen: Tuple[Finding, ...], now: datetime) -> None:
        kind = next((kind for kind, state in self._states.items() if state.admission), session_times.MOCK)
        self.observations.add(kind, seen, now)
        if seen != self.seen:
            self.seen = seen
            self.changed()

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
        self._show_seen(outcome, self._actions.time.now())

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
        self._actions.held.hold(SESSION, None if until is None else self._say(NO_SHUTDOWN))

    def _set(self, kind: str, state: EntryState) -> None:
        self._states[kind] = state
        self.changed()


def _expire(state: EntryState, now: datetime) -> EntryState:
    over = state.admission is not None and now >= state.admission.ends
    return EntryState(asking=state.asking, refusal=state.refusal) if over else state


def _shown(view: Optional[RoomView]) -> Optional[Tuple[object, ...]]:
    return None if view is None else view.shown
