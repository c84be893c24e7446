"""Steps after the login: health check, schedule, mock and formal session."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, Iterable, Optional, Protocol, Sequence, Tuple, Union

from oneseat.client.actions import Actions
from oneseat.client.diagnostics import RefusalLog, check_in_codes, help_codes
from oneseat.client.errors import PortalRefused
from oneseat.client.gui import words
from oneseat.client.gui.health_page import HealthPage, HealthState
from oneseat.client.gui.help_state import HelpDesk
from oneseat.client.gui.schedule_page import SchedulePage
from oneseat.client.gui.session_entry import SessionEntry
from oneseat.client.gui.session_page import SessionFacts, SessionPage, clock_warning, next_line
from oneseat.client.gui.shell import Shell
from oneseat.client.health.check import BLOCK, Finding
from oneseat.client.identity import Identity
from oneseat.client.launch import Acceptance
from oneseat.client.local.mock_progress import MockProgress
from oneseat.client.online.portal_sync import WITHDRAWALS, CheckInOutcome, SyncOutcome
from oneseat.client.sessions.held_session import next_session
from oneseat.client.sessions.session_windows import KINDS
from signing import session_times
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

Outcome = Union[Any, OneSeatError]
StepPage = Union[HealthPage, SchedulePage, SessionPage]
_CHECK_IN_EVERY_S = 300


class Window(Protocol):
    """Interface of the window that the steps use."""

    shell: Shell
    page: Any
    refusals: RefusalLog

    def say(self, text: Text) -> str:
        """Translate a text into the current language."""

    def show(self) -> None:
        """Redraw everything."""

    def go(self, step: int) -> None:
        """Show the page of a step."""

    def work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work`` in a thread; ``then`` gets its result in the window's thread."""

    def log_out(self) -> None:
        """Go back to the login page."""

    def refuse(self, refusal: OneSeatError) -> None:
        """Go back to the login page, and show the refusal there."""


class Steps:
    """State of one login. Call it in the window's thread only."""

    def __init__(self, window: Window, actions: Actions, acceptance: Acceptance) -> None:
        self._window, self._actions = window, actions
        self.acceptance = acceptance
        self.health: Optional[HealthState] = None
        self.entry: Optional[SessionEntry] = None
        self._mock = actions.mock_progress(acceptance)
        self._portal_text = words.ASKING
        self._shown_second = 0
        # A check-in is part of the synchronisation at login.
        self._checked_in_at = int(actions.time.now().timestamp())
        self._left = False
        self.desk = HelpDesk(lambda: actions.help_requests(self.acceptance), window.work, self._help_codes)

    @property
    def charter(self) -> Charter:
        """The charter in force for this login."""
        return self.acceptance.charter

    @property
    def findings(self) -> Iterable[Finding]:
        """Findings of the health check so far."""
        return self.health.findings.values() if self.health is not None else ()

    @property
    def in_session(self) -> bool:
        """Whether a session was entered that has not ended."""
        return self.entry is not None and self.entry.in_session

    @property
    def observed(self) -> Sequence[str]:
        """What sessions of this login found, by time and check."""
        return self.entry.observations.notes if self.entry is not None else ()

    def pages(self) -> Dict[int, Callable[[], StepPage]]:
        """Open steps, each with the function that creates its page."""
        return {
            words.STEP_HEALTH: self._health_page,
            words.STEP_SCHEDULE: self._schedule_page,
            words.STEP_MOCK: partial(self._session_page, session_times.MOCK),
            words.STEP_FORMAL: partial(self._session_page, session_times.FORMAL),
        }

    def sync(self, identity: Identity) -> None:
        """Synchronise with the portal in a thread, and verify the seat again with the result."""

        def sync_and_verify() -> Tuple[SyncOutcome, Acceptance, Optional[MockProgress]]:
            outcome = self._actions.sync(identity)
            mock: Optional[MockProgress] = None
            with contextlib.suppress(OneSeatError):  # the session page says which clock is used
                mock = self._check_in(_after_sync(before, outcome), codes).mock
            return outcome, self._actions.accept(identity), mock

        before, codes = self.acceptance, self._codes()
        self._window.work(sync_and_verify, lambda outcome: self._synced(before, outcome))

    def mark(self) -> None:
        """Show in the rail whether the health check has passed or found something to fix."""
        health = self.health
        sign = ""
        if health is not None and health.idle and health.findings:
            sign = "!" if self._concerns() else "✓"
        self._window.shell.mark(words.STEP_HEALTH, sign)

    def leave(self) -> None:
        """End the login: ignore results that are still to come, and allow sleep."""
        self._left = True
        if self.entry is not None:
            self.entry.leave()
            self.entry = None

    def tick(self) -> None:
        """Update countdowns once a second, and check in with the portal every few minutes."""
        now = self._actions.time.now()
        second = int(now.timestamp())
        if second == self._shown_second:
            return
        self._shown_second = second
        self.mark()
        if self.entry is not None:
            self.entry.tick(now)
        if self._window.shell.helps:
            self.desk.look()
        page = self._window.page
        if isinstance(page, SessionPage):
            page.tick(now)
        elif isinstance(page, SchedulePage):
            self._count_down(page)
        # abs: after a synchronisation the time may also have gone back.
        if abs(second - self._checked_in_at) > _CHECK_IN_EVERY_S:
            self._checked_in_at = second
            accepted = self.acceptance
            self._window.work(
                partial(self._check_in, accepted, self._codes()),
                lambda outcome: self._checked_in(accepted, outcome),
            )

    def _codes(self) -> Sequence[str]:
        """What the next check-in tells the desk."""
        return check_in_codes(self._window.refusals, self.findings)

    def _help_codes(self) -> Sequence[str]:
        """What a help request tells the desk."""
        return help_codes(self._window.refusals, self.findings)

    def _check_in(self, acceptance: Acceptance, codes: Sequence[str]) -> CheckInOutcome:
        """Check in, from a thread; what was reported is not reported again."""
        outcome = self._actions.check_in(acceptance, codes)
        if acceptance.seat.activation is not None:  # otherwise only the time was fetched
            self._window.refusals.forget_reported(codes)
        return outcome

    def _health_page(self) -> HealthPage:
        if self.health is None:
            self.health = HealthState(
                self._actions.health_checks(self.charter, jti=self.acceptance.seat.jti), self._window.work
            )
            self.health.run_all()
        go_on = partial(self._window.go, words.STEP_SCHEDULE)
        shell = self._window.shell
        return HealthPage(shell.page, shell.context, self.health, go_on)

    def _session_page(self, kind: str) -> SessionPage:
        if self.entry is None:
            self.entry = SessionEntry(self._actions, self._window.work, self._window.say, self.acceptance)
        self.entry.acceptance = self.acceptance
        time, shell = self._actions.time, self._window.shell
        facts = SessionFacts(
            time.now(),
            time.is_synchronised,
            self._concerns,
            partial(self._window.go, words.STEP_HEALTH),
        )
        page = SessionPage(shell.page, shell.context, kind, self.entry, facts)
        page.show_mock(self._mock, facts.now)
        return page

    def _concerns(self) -> Sequence[Finding]:
        """What the health check found missing or forbidden; checks that run again count as before."""
        return [finding for finding in self.findings if finding.status == BLOCK]

    def _schedule_page(self) -> SchedulePage:
        now, shell = self._actions.time.now(), self._window.shell
        page = SchedulePage(shell.page, shell.context, self.acceptance, now, self._window.log_out)
        page.show_portal_text(self._window.say(self._portal_text))
        page.show_mock(self._mock, now)
        self._count_down(page)
        return page

    def _count_down(self, page: SchedulePage) -> None:
        now = self._actions.time.now()
        held = next_session(self._actions.session(self.acceptance, kind, now) for kind in KINDS)
        text = next_line(held, now)
        page.count_down(self._window.say(text) if text is not None else "")

    def _checked_in(self, before: Acceptance, outcome: Outcome) -> None:
        """Apply the result of a check-in: log out if the seat was withdrawn, or use a newer charter."""
        if self._left or self.acceptance is not before:
            return
        if isinstance(outcome, OneSeatError):
            if isinstance(outcome, PortalRefused) and outcome.portal_number in WITHDRAWALS:
                self._window.refuse(outcome)
            return
        self._note_mock(outcome.mock)
        charter = outcome.charter or before.charter
        if (charter, outcome.pauses) != (before.charter, before.pauses):
            self.acceptance = replace(before, charter=charter, pauses=outcome.pauses)
            if self.entry is not None:
                self.entry.acceptance = self.acceptance
        # Running checks are not interrupted.
        if outcome.charter is not None and not isinstance(self._window.page, HealthPage):
            self.health = None
            self._window.show()

    def _note_mock(self, progress: Optional[MockProgress]) -> None:
        """Show how far the candidate came in the mock interviews, if the portal said so."""
        self._mock = progress or self._mock
        page = self._window.page
        if isinstance(page, (SchedulePage, SessionPage)):
            page.show_mock(self._mock, self._actions.time.now())

    def _synced(self, before: Acceptance, outcome: Outcome) -> None:
        if self._left or self.acceptance is not before:
            return
        if isinstance(outcome, OneSeatError):
            self._window.refuse(outcome)
            return
        synced, after, mock = outcome
        self._note_mock(mock)
        if synced.fault is not None:
            self._window.refusals.note(synced.fault, self._actions.time.now())
        if after.charter.version != before.charter.version:
            self.health = None  # a new charter may require other checks
        self.acceptance = after
        self._portal_text = words.ASKED
        if synced.fault is not None:
            self._portal_text = words.NOT_ASKED.filled({"code": synced.fault.code})
        elif self._actions.time.is_synchronised:
            self._portal_text = clock_warning(self._actions.time.own_clock_ahead()) or words.ASKED
        page = self._window.page
        if isinstance(page, SchedulePage) and _looks_the_same(before, after):
            page.show_portal_text(self._window.say(self._portal_text))
        elif not isinstance(page, HealthPage) or self.health is None:
            self._window.show()


def _after_sync(acceptance: Acceptance, synced: SyncOutcome) -> Acceptance:
    """The acceptance with the charter and the activation that a synchronisation brought."""
    seat = replace(acceptance.seat, activation=synced.activation or acceptance.seat.activation)
    return replace(acceptance, charter=synced.charter or acceptance.charter, seat=seat)


def _looks_the_same(before: Acceptance, after: Acceptance) -> bool:
    return (before.enrolment, before.charter) == (after.enrolment, after.charter)
