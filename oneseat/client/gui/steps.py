"""What a candidate who is logged in goes through: the check of the computer, the schedule, the doors."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, Iterable, Optional, Protocol, Tuple, Union

from oneseat.client.actions import Actions
from oneseat.client.diagnostics import Journal
from oneseat.client.errors import PortalRefused
from oneseat.client.gui import words
from oneseat.client.gui.health import Board, HealthPage
from oneseat.client.gui.schedule_page import SchedulePage
from oneseat.client.gui.session_entry import Doors
from oneseat.client.gui.session_page import DoorPage, clock_warning, next_line
from oneseat.client.gui.shell import Shell
from oneseat.client.health.check import Finding
from oneseat.client.identity import Identity
from oneseat.client.launch import Acceptance
from oneseat.client.online.portal_sync import WITHDRAWALS, Contact
from oneseat.client.sessions import session_windows
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

Outcome = Union[Any, OneSeatError]
StepPage = Union[HealthPage, SchedulePage, DoorPage]
_CHECK_IN_EVERY_S = 300


class Window(Protocol):
    """What the steps need of the window around them."""

    shell: Shell
    page: Any
    journal: Journal

    def say(self, text: Text) -> str:
        """The text in the language that is on."""

    def show(self) -> None:
        """Draw everything anew."""

    def go(self, step: int) -> None:
        """Show the page of a step."""

    def work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do something beside the window; ``then`` gets its outcome in the window's thread."""

    def log_out(self) -> None:
        """Go back to the login page."""

    def refuse(self, refusal: OneSeatError) -> None:
        """Go back to the login page, which shows why."""


class Steps:
    """The steps of one candidate, from a login to the end of it, called in the window's thread alone."""

    def __init__(self, window: Window, actions: Actions, acceptance: Acceptance) -> None:
        self._window, self._actions = window, actions
        self.acceptance = acceptance
        self.board: Optional[Board] = None
        self.doors: Optional[Doors] = None
        self._portal_text = words.ASKING
        self._shown_second = 0
        # The contact that begins with the login says all that a check-in would.
        self._checked_in_at = int(actions.time.now().timestamp())
        self._left = False

    @property
    def charter(self) -> Charter:
        """The charter that the candidate goes by now."""
        return self.acceptance.charter

    @property
    def findings(self) -> Iterable[Finding]:
        """What the check of the computer has found so far."""
        return self.board.findings.values() if self.board is not None else ()

    def pages(self) -> Dict[int, Callable[[], StepPage]]:
        """The steps that are open, and what makes the page of each."""
        return {
            words.STEP_HEALTH: self._health_page,
            words.STEP_SCHEDULE: self._schedule_page,
            words.STEP_MOCK: partial(self._door_page, session_windows.MOCK),
            words.STEP_FORMAL: partial(self._door_page, session_windows.FORMAL),
        }

    def ask(self, identity: Identity) -> None:
        """Ask the portal about the seat, and look at it once more by what it says."""

        def ask() -> Tuple[Contact, Acceptance]:
            contact = self._actions.contact(identity)
            with contextlib.suppress(OneSeatError):  # the countdown then says by which clock it goes
                self._actions.learn_time(contact.charter or self.charter)
            return contact, self._actions.accept(identity)

        before = self.acceptance
        self._window.work(ask, lambda outcome: self._asked(before, outcome))

    def leave(self) -> None:
        """End: whatever is still under way comes too late, and the computer may sleep again."""
        self._left = True
        if self.doors is not None:
            self.doors.leave()
            self.doors = None

    def tick(self) -> None:
        """Once a second: countdowns; every few minutes: tell the portal that we are there."""
        now = self._actions.time.now()
        second = int(now.timestamp())
        if second == self._shown_second:
            return
        self._shown_second = second
        if self.doors is not None:
            self.doors.tick(now)
        page = self._window.page
        if isinstance(page, DoorPage):
            page.tick(now)
        elif isinstance(page, SchedulePage):
            self._count_down(page)
        if abs(second - self._checked_in_at) > _CHECK_IN_EVERY_S:
            self._checked_in_at = second
            accepted = self.acceptance
            self._window.work(
                partial(self._actions.check_in, accepted), lambda outcome: self._checked_in(accepted, outcome)
            )

    def _health_page(self) -> HealthPage:
        if self.board is None:
            self.board = Board(self._actions.health_checks(self.charter), self._window.work)
            self.board.run_all()
        go_on = partial(self._window.go, words.STEP_SCHEDULE)
        shell = self._window.shell
        return HealthPage(shell.page, shell.setting, self.board, go_on)

    def _door_page(self, kind: str) -> DoorPage:
        if self.doors is None:
            self.doors = Doors(self._actions, self._window.work, self._window.say, self.acceptance)
        self.doors.acceptance = self.acceptance
        time, shell = self._actions.time, self._window.shell
        return DoorPage(
            shell.page,
            shell.setting,
            kind,
            self.doors,
            self.doors.enter,
            time.now(),
            time_is_learnt=time.is_learnt,
        )

    def _schedule_page(self) -> SchedulePage:
        now, shell = self._actions.time.now(), self._window.shell
        page = SchedulePage(shell.page, shell.setting, self.acceptance, now, self._window.log_out)
        page.tell(self._window.say(self._portal_text))
        self._count_down(page)
        return page

    def _count_down(self, page: SchedulePage) -> None:
        text = next_line(self.charter, self._actions.time.now())
        page.count_down(self._window.say(text) if text is not None else "")

    def _checked_in(self, before: Acceptance, outcome: Outcome) -> None:
        """What a check-in brought: an end, where the seat is this computer's no more, or a newer charter."""
        if self._left or self.acceptance is not before or outcome is None:
            return
        if isinstance(outcome, PortalRefused) and outcome.portal_number in WITHDRAWALS:
            self._window.refuse(outcome)
        elif isinstance(outcome, Charter):
            self.acceptance = replace(before, charter=outcome)
            if not isinstance(self._window.page, HealthPage):  # what is being checked goes on to its end
                self.board = None
                self._window.show()

    def _asked(self, before: Acceptance, outcome: Outcome) -> None:
        if self._left or self.acceptance is not before:
            return
        if isinstance(outcome, OneSeatError):
            self._window.refuse(outcome)
            return
        contact, after = outcome
        if contact.fault is not None:
            self._window.journal.note(contact.fault, self._actions.time.now())
        if after.charter.version != before.charter.version:
            self.board = None  # another charter may ask for something else
        self.acceptance = after
        self._portal_text = words.ASKED
        if contact.fault is not None:
            self._portal_text = words.NOT_ASKED.filled({"code": contact.fault.code})
        elif self._actions.time.is_learnt:
            self._portal_text = clock_warning(self._actions.time.own_clock_ahead()) or words.ASKED
        page = self._window.page
        if isinstance(page, SchedulePage) and _looks_the_same(before, after):
            page.tell(self._window.say(self._portal_text))
        elif not isinstance(page, HealthPage) or self.board is None:
            self._window.show()


def _looks_the_same(before: Acceptance, after: Acceptance) -> bool:
    return (before.enrolment, before.charter.version) == (after.enrolment, after.charter.version)
