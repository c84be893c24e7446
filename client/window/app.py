"""What the window shows, and what happens when a candidate does something."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import tkinter as tk
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple, Type, Union

from client import doors
from client.contact import WITHDRAWALS, Contact
from client.diagnostics import Journal, Standing, diagnostics
from client.errors import PortalRefused, WindowUnavailable
from client.identity import Identity
from client.launch import Acceptance
from client.refusals import as_refusal
from client.window import words
from client.window.door_page import DoorPage, clock_warning, next_line
from client.window.doors import Doors
from client.window.health import Board, HealthPage
from client.window.help import HelpActs
from client.window.pages import LoginPage, SchedulePage
from client.window.shell import Setting, Shell
from client.window.theme import PAGE, Theme, be_dpi_aware
from signing.charter import Charter
from signing.errors import OneSeatError, Text

if TYPE_CHECKING:
    from client.session import Session

_POLL_MS = 40
_SIZE = (960, 680)
_Outcome = Union[Any, OneSeatError]
_Page = Union[LoginPage, HealthPage, SchedulePage, DoorPage]
_CHECK_IN_EVERY_S = 300


def run(session: Session) -> int:
    """Show the window until it is closed; returns the exit status.

    Raises:
        WindowUnavailable: there is no desktop, or Tk is damaged.
        OneSeatError: the installation has no valid charter.
    """
    be_dpi_aware()
    try:
        root = tk.Tk()
    except tk.TclError as fault:
        raise WindowUnavailable(reason=str(fault)[:80]) from None
    App(root, session).run()
    return 0


class App:
    """The state of the window: the language, who is logged in, what was refused."""

    def __init__(self, root: tk.Tk, session: Session, language: str = "zh") -> None:
        self._root, self._session, self._language = root, session, language
        self._done: queue.Queue[Tuple[Callable[[Any], None], _Outcome]] = queue.Queue()
        self._charter = session.charter()
        self._acceptance: Optional[Acceptance] = None
        self._refusal: Optional[OneSeatError] = None
        self._portal_text: Optional[Text] = None
        self._typed = ("", "")
        self._step = words.STEP_LOGIN
        self._board: Optional[Board] = None
        self._doors: Optional[Doors] = None
        self._journal = Journal()
        self._shown_second = self._checked_in_at = 0
        self._drawn = False
        self.shell: Shell
        self.theme = Theme(root)
        self._dress()
        self.show()
        self._next_poll = root.after(_POLL_MS, self._poll)
        root.bind("<Destroy>", lambda event: self.close() if event.widget is root else None)

    def run(self) -> None:
        """Take events until the window is closed."""
        self._root.mainloop()

    def close(self) -> None:
        """Take no more results; the root window may go on without this."""
        self._leave_doors()
        self._root.after_cancel(self._next_poll)

    def show(self) -> None:
        """Draw everything anew: after a change of page or of language."""
        self._root.title(self.say(self._charter.product))
        helped = self._drawn and self.shell.helps
        for child in self._root.winfo_children():
            child.destroy()
        build = self._session.program.baked.build_id
        setting = Setting(self.theme, self.say, 0)
        acts = HelpActs(self._diagnostics, self._browse, lambda: None)
        self.shell = Shell(self._root, setting, self._charter, build, self._switch_language, acts)
        self.shell.pack(fill="both", expand=True)
        self.page = self._make_page()
        self.page.pack(anchor="nw", pady=(0, self.theme.px(20)))
        self.page.focus_first()
        self._drawn = True
        if helped:
            self.shell.toggle_help()

    def say(self, text: Text) -> str:
        """The text in the language that is on."""
        return str(getattr(text, self._language))

    def go(self, step: int) -> None:
        """Show the page of a step; one that is not open yet is passed over."""
        if step in self._open_pages():
            self._step = step
            self.show()

    def _open_pages(self) -> Dict[int, Callable[[], _Page]]:
        """The steps that are open now, and what makes the page of each."""
        if self._acceptance is None:
            return {words.STEP_LOGIN: self._login_page}
        return {
            words.STEP_HEALTH: partial(self._health_page, self._acceptance),
            words.STEP_SCHEDULE: partial(self._schedule_page, self._acceptance),
            words.STEP_MOCK: partial(self._door_page, self._acceptance, doors.MOCK),
            words.STEP_FORMAL: partial(self._door_page, self._acceptance, doors.FORMAL),
        }

    def _make_page(self) -> _Page:
        pages = self._open_pages()
        if self._step not in pages:
            self._step = next(iter(pages))
        done = () if self._acceptance is None else (words.STEP_LOGIN,)
        self.shell.show_step(self._step, done, tuple(pages), self.go)
        return pages[self._step]()

    def _login_page(self) -> LoginPage:
        page = LoginPage(self.shell.page, self.shell.setting, self._log_in, self._refusal)
        page.fill(*self._typed)
        return page

    def _health_page(self, acceptance: Acceptance) -> HealthPage:
        if self._board is None:
            self._board = Board(self._session.health_checks(acceptance.charter), self._start)
            self._board.run_all()
        go_on = partial(self.go, words.STEP_SCHEDULE)
        return HealthPage(self.shell.page, self.shell.setting, self._board, go_on)

    def _door_page(self, acceptance: Acceptance, kind: str) -> DoorPage:
        if self._doors is None:
            self._doors = Doors(self._session, self._start, self.say, acceptance)
        self._doors.acceptance = acceptance
        time = self._session.time
        return DoorPage(
            self.shell.page,
            self.shell.setting,
            kind,
            self._doors,
            self._doors.enter,
            time.now(),
            time_is_learnt=time.is_learnt,
        )

    def _leave_doors(self) -> None:
        if self._doors is not None:
            self._doors.leave()
            self._doors = None

    def _schedule_page(self, acceptance: Acceptance) -> SchedulePage:
        now = self._session.time.now()
        schedule = SchedulePage(self.shell.page, self.shell.setting, acceptance, now, self._log_out)
        if self._portal_text is not None:
            schedule.tell(self.say(self._portal_text))
        self._count_down(schedule, acceptance)
        return schedule

    def _count_down(self, page: SchedulePage, acceptance: Acceptance) -> None:
        text = next_line(acceptance.charter, self._session.time.now())
        page.count_down(self.say(text) if text is not None else "")

    def _tick(self) -> None:
        """Once a second: countdowns; every few minutes: tell the portal that we are there."""
        now = self._session.time.now()
        second = int(now.timestamp())
        if second == self._shown_second or self._acceptance is None:
            return
        self._shown_second = second
        if self._doors is not None:
            self._doors.tick(now)
        if isinstance(self.page, DoorPage):
            self.page.tick(now)
        elif isinstance(self.page, SchedulePage):
            self._count_down(self.page, self._acceptance)
        if abs(second - self._checked_in_at) > _CHECK_IN_EVERY_S:
            self._checked_in_at = second
            accepted = self._acceptance
            self._start(
                partial(self._session.check_in, accepted), lambda outcome: self._checked_in(accepted, outcome)
            )

    def _checked_in(self, before: Acceptance, outcome: _Outcome) -> None:
        """What a check-in brought: an end, where the seat is this computer's no more, or a newer charter."""
        if self._acceptance is not before or outcome is None:
            return
        if isinstance(outcome, PortalRefused) and outcome.portal_number in WITHDRAWALS:
            self._refusal, self._acceptance = outcome, None
            self._leave_doors()
            self.show()
        elif isinstance(outcome, Charter):
            self._acceptance, self._charter = replace(before, charter=outcome), outcome
            if not isinstance(self.page, HealthPage):  # what is being checked goes on to its end
                self._board = None
                self.show()

    def _log_in(self, id_number: str, admission_number: str) -> None:
        self._typed = (id_number, admission_number)
        if isinstance(self.page, LoginPage):
            self.page.wait()

        def work() -> Tuple[Identity, Acceptance]:
            identity = Identity.typed(id_number, admission_number)
            return identity, self._session.accept_or_ask(identity)

        self._start(work, self._logged_in)

    def _logged_in(self, outcome: _Outcome) -> None:
        if isinstance(outcome, OneSeatError):
            self._refusal = outcome
            self.show()
            return
        identity, self._acceptance = outcome
        self._charter = self._acceptance.charter
        # The contact below says all that a check-in would.
        self._checked_in_at = int(self._session.time.now().timestamp())
        self._typed, self._refusal, self._portal_text = ("", ""), None, words.ASKING
        self.show()

        def ask() -> Tuple[Contact, Acceptance]:
            contact = self._session.contact(identity)
            with contextlib.suppress(OneSeatError):  # the countdown then says by which clock it goes
                self._session.learn_time(contact.charter or self._charter)
            return contact, self._session.accept(identity)

        accepted = self._acceptance
        self._start(ask, lambda outcome: self._asked(accepted, outcome))

    def _asked(self, before: Acceptance, outcome: _Outcome) -> None:
        if self._acceptance is not before:  # logged out meanwhile, and perhaps someone else logged in
            return
        if isinstance(outcome, OneSeatError):
            self._refusal, self._acceptance = outcome, None
            self._leave_doors()
            self.show()
            return
        contact, after = outcome
        if contact.fault is not None:
            self._journal.note(contact.fault, self._session.time.now())
        if after.charter.version != before.charter.version:
            self._board = None  # another charter may ask for something else
        self._acceptance, self._charter = after, after.charter
        self._portal_text = words.ASKED
        if contact.fault is not None:
            self._portal_text = words.NOT_ASKED.filled({"code": contact.fault.code})
        elif self._session.time.is_learnt:
            self._portal_text = clock_warning(self._session.time.own_clock_ahead()) or words.ASKED
        if isinstance(self.page, SchedulePage) and _looks_the_same(before, after):
            self.page.tell(self.say(self._portal_text))
        elif not isinstance(self.page, HealthPage) or self._board is None:
            self.show()

    def _diagnostics(self) -> str:
        time = self._session.time
        standing = Standing(
            self._session.program.baked.build_id,
            self._charter,
            self._acceptance.enrolment if self._acceptance is not None else None,
            time.own_clock_ahead() if time.is_learnt else None,
            round(self.theme.scale * 100),
            self._language,
        )
        findings = self._board.findings.values() if self._board is not None else ()
        return diagnostics(standing, findings, self._journal, time.now())

    def _browse(self, url: str) -> None:
        with contextlib.suppress(OSError, OneSeatError):  # the address stands beside the button
            self._session.opener_for().browse(url)

    def _log_out(self) -> None:
        self._leave_doors()
        self._acceptance = self._refusal = self._portal_text = self._board = None
        self.show()

    def _switch_language(self) -> None:
        if isinstance(self.page, LoginPage):
            self._typed = (self.page.id_number.get(), self.page.admission_number.get())
        self._language = "en" if self._language == "zh" else "zh"
        self.show()

    def _start(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        def run() -> None:
            try:
                outcome = work()
            except Exception as fault:  # noqa: BLE001 -- shown as a refusal with a place
                outcome = as_refusal(fault)
                self._journal.note(outcome, self._session.time.now())
            self._done.put((then, outcome))

        threading.Thread(target=run, daemon=True).start()

    def _poll(self) -> None:
        try:
            with contextlib.suppress(queue.Empty):
                while True:
                    then, outcome = self._done.get_nowait()
                    then(outcome)
            self._tick()
        finally:  # a fault is shown, and the window goes on
            self._next_poll = self._root.after(_POLL_MS, self._poll)

    def _dress(self) -> None:
        px = self.theme.px
        width = min(px(_SIZE[0]), self._root.winfo_screenwidth())
        height = min(px(_SIZE[1]), self._root.winfo_screenheight() - px(60))
        left = (self._root.winfo_screenwidth() - width) // 2
        top = max(0, (self._root.winfo_screenheight() - height) // 2 - px(20))
        self._root.geometry(f"{width}x{height}+{left}+{top}")
        self._root.minsize(min(width, px(880)), min(height, px(560)))
        self._root.configure(background=PAGE)
        self._root.report_callback_exception = self._fault
        with contextlib.suppress(tk.TclError):
            # What Tab does is loaded on demand, which fails where standard output is not as Tcl expects.
            self._root.tk.eval("source [file join $tk_library focus.tcl]")
        if getattr(sys, "frozen", False):
            with contextlib.suppress(tk.TclError):  # an icon is worth no refusal
                self._root.tk.call("wm", "iconbitmap", str(self._root), "-default", sys.executable)

    def _fault(self, _: Type[BaseException], fault: BaseException, trace: Optional[TracebackType]) -> None:
        """The last resort of the window: a refusal with a place on the login page, never a traceback."""
        self._refusal, self._acceptance = as_refusal(fault.with_traceback(trace)), None
        self._journal.note(self._refusal, self._session.time.now())
        self._leave_doors()
        self.show()


def _looks_the_same(before: Acceptance, after: Acceptance) -> bool:
    return (before.enrolment, before.charter.version) == (after.enrolment, after.charter.version)
