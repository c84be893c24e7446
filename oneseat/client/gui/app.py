"""Main window: login page, language, background threads and event loop.

:mod:`oneseat.client.gui.steps` has what follows the login. A thread imports it once the window is on the
screen.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import tkinter as tk
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple, Type, Union

from oneseat.client.diagnostics import ProgramState, RefusalLog, diagnostics
from oneseat.client.errors import WindowUnavailable, as_refusal
from oneseat.client.gui import words
from oneseat.client.gui.help import HelpActions
from oneseat.client.gui.login_page import LoginPage
from oneseat.client.gui.shell import PageContext, Shell
from oneseat.client.gui.theme import PAGE, Theme, be_dpi_aware
from oneseat.client.identity import Identity
from oneseat.client.run import Run
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text, untranslated

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.gui.help_state import HelpDesk
    from oneseat.client.gui.room_ticker import RoomTicker
    from oneseat.client.gui.steps import Outcome, StepPage, Steps
    from oneseat.client.launch import Acceptance

_POLL_MS = 40
_SIZE = (960, 680)


def show_window(run: Run, actions: Callable[[], Actions]) -> int:
    """Show the window until it is closed; returns the exit status. ``actions`` creates the actions on demand.

    Raises:
        WindowUnavailable: there is no desktop, or Tk is damaged.
        OneSeatError: the installation has no valid charter.
    """
    be_dpi_aware()
    try:
        root = tk.Tk()
    except tk.TclError as fault:
        raise WindowUnavailable(reason=untranslated(str(fault)[:80])) from None
    App(root, run, actions).run()
    return 0


class App:
    """State of the window: language, steps of the logged-in candidate, last refusal."""

    def __init__(self, root: tk.Tk, run: Run, actions: Callable[[], Actions], language: str = "zh") -> None:
        self._root, self._run, self._actions, self._language = root, run, actions, language
        root.withdraw()  # hidden until it is drawn
        self._done: queue.Queue[Tuple[Callable[[Any], None], Outcome]] = queue.Queue()
        self._charter = run.charter()
        self._steps: Optional[Steps] = None
        self._rooms: Optional[RoomTicker] = None
        self._refusal: Optional[OneSeatError] = None
        self._typed = ("", "")
        self._step = words.STEP_LOGIN
        self.refusals = RefusalLog()
        self._drawn = False
        self.shell: Shell
        self.theme = Theme(root)
        self._style_root()
        self.show()
        root.deiconify()
        root.after(1, self._show_icon)  # reading it from the program takes longer than drawing
        self._next_poll = root.after(_POLL_MS, self._poll)
        root.bind("<Destroy>", lambda event: self.close() if event.widget is root else None)
        root.protocol("WM_DELETE_WINDOW", self._close_asked)
        self.work(self._load, self._follow_rooms)

    def run(self) -> None:
        """Run the event loop until the window is closed."""
        self._root.mainloop()

    def close(self) -> None:
        """Stop polling for results; the root window may stay open without this object."""
        self._leave()
        self._root.after_cancel(self._next_poll)

    def _close_asked(self) -> None:
        """Close the window; during a session or an upload only after a question, since both need it."""
        question: Optional[Text] = None
        if self._steps is not None and self._steps.in_session:
            question = words.CLOSE_IN_SESSION
        elif self._rooms is not None and self._rooms.is_uploading:
            question = words.CLOSE_IN_UPLOAD
        if question is None or self.confirm(question):
            self._root.destroy()

    def confirm(self, question: Text) -> bool:
        """Ask a question that "no" answers by default."""
        from tkinter import messagebox

        return messagebox.askyesno(self.say(self.charter.product), self.say(question), default="no")

    def show(self) -> None:
        """Redraw everything, after a change of page or language."""
        self._root.title(self.say(self.charter.product))
        helped = self._drawn and self.shell.helps
        for child in self._root.winfo_children():
            child.destroy()
        build = self._run.program.baked.build_id
        context = PageContext(self.theme, self.say, 0)
        help_actions = HelpActions(self._diagnostics, self._browse, lambda: None, self._help_desk)
        self.shell = Shell(self._root, context, self.charter, build, self._switch_language, help_actions)
        self.shell.pack(fill="both", expand=True)
        self.page = self._make_page()
        self.page.pack(anchor="nw", pady=(0, self.theme.px(20)))
        self.page.focus_first()
        self._drawn = True
        if self._steps is not None:
            self._steps.mark()
        if helped:
            self.shell.toggle_help()

    @property
    def charter(self) -> Charter:
        """The newest charter loaded by this window."""
        return self._charter if self._steps is None else self._steps.charter

    def say(self, text: Text) -> str:
        """Translate a text into the current language."""
        return str(getattr(text, self._language))

    def go(self, step: int) -> None:
        """Show the page of a step, unless it is not open yet."""
        if step in self._open_pages():
            self._step = step
            self.show()

    def work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work`` in a thread; ``then`` gets its result, or the refusal, in the window's thread."""

        def run() -> None:
            try:
                outcome = work()
            except Exception as fault:  # noqa: BLE001 -- shown as a refusal
                outcome = as_refusal(fault)
                self._note(outcome)
            self._done.put((then, outcome))

        threading.Thread(target=run, daemon=True).start()

    def log_out(self) -> None:
        """Go back to the login page."""
        self._leave()
        self._refusal = None
        self.show()

    def refuse(self, refusal: OneSeatError) -> None:
        """Go back to the login page, and show the refusal there."""
        self._leave()
        self._refusal = refusal
        self.show()

    def _load(self) -> Actions:
        """Import what follows the login, while the candidate types."""
        import_module("oneseat.client.gui.steps")
        return self._actions()

    def _follow_rooms(self, outcome: Union[Actions, OneSeatError]) -> None:
        """Follow attempts in the exam's own room from now on, before a login too: an upload may wait."""
        if isinstance(outcome, OneSeatError):
            return  # the login meets the same refusal, and shows it
        from oneseat.client.gui.guard_strip import GuardStrip
        from oneseat.client.gui.room_ticker import RoomTicker

        strip = GuardStrip(self._root, self.theme, self.say)
        self._rooms = RoomTicker(outcome, self.work, self.say, self._show_upload, strip.show)

    def _show_upload(self) -> None:
        """Say on the login page that an upload waits; the session page shows more."""
        if isinstance(self.page, LoginPage) and self._rooms is not None:
            self.page.show_upload(self._rooms.upload_text)

    def _open_pages(self) -> Dict[int, Callable[[], Union[LoginPage, StepPage]]]:
        """Open steps, each with the function that creates its page."""
        if self._steps is None:
            return {words.STEP_LOGIN: self._login_page}
        return {**self._steps.pages()}

    def _make_page(self) -> Union[LoginPage, StepPage]:
        pages = self._open_pages()
        if self._step not in pages:
            self._step = next(iter(pages))
        done = () if self._steps is None else (words.STEP_LOGIN,)
        self.shell.show_step(self._step, done, tuple(pages), self.go)
        return pages[self._step]()

    def _login_page(self) -> LoginPage:
        page = LoginPage(self.shell.page, self.shell.context, self._log_in, self._refusal)
        page.fill(*self._typed)
        if self._rooms is not None:
            page.show_upload(self._rooms.upload_text)
        return page

    def _log_in(self, id_number: str, admission_number: str) -> None:
        self._typed = (id_number, admission_number)
        if isinstance(self.page, LoginPage):
            self.page.wait()

        def verify() -> Tuple[Identity, Acceptance]:
            identity = Identity.typed(id_number, admission_number)
            return identity, self._actions().accept_or_ask(identity)

        self.work(verify, self._logged_in)

    def _logged_in(self, outcome: Outcome) -> None:
        if isinstance(outcome, OneSeatError):
            self.refuse(outcome)
            return
        from oneseat.client.gui.steps import Steps

        identity, acceptance = outcome
        self._typed, self._refusal = ("", ""), None
        self._steps = Steps(self, self._actions(), acceptance)
        self.show()
        self._steps.sync(identity)

    def _leave(self) -> None:
        if self._steps is not None:
            self._charter = self._steps.charter
            self._steps.leave()
            self._steps = None

    def _diagnostics(self) -> str:
        time = self._run.time
        state = ProgramState(
            self._run.program.baked.build_id,
            self.charter,
            self._steps.acceptance.enrolment if self._steps is not None else None,
            time.own_clock_ahead() if time.is_synchronised else None,
            round(self.theme.scale * 100),
            self._language,
            self._steps.observed if self._steps is not None else (),
        )
        findings = self._steps.findings if self._steps is not None else ()
        return diagnostics(state, findings, self.refusals, time.now())

    def _help_desk(self) -> Optional[HelpDesk]:
        """The help request of the candidate; None before the login."""
        return self._steps.desk if self._steps is not None else None

    def _browse(self, url: str) -> None:
        with contextlib.suppress(OSError, OneSeatError):  # the address is shown beside the button
            self._actions().opener_for().browse(url)

    def _switch_language(self) -> None:
        if isinstance(self.page, LoginPage):
            self._typed = (self.page.id_number.get(), self.page.admission_number.get())
        self._language = "en" if self._language == "zh" else "zh"
        self.show()

    def _note(self, refusal: OneSeatError) -> None:
        self.refusals.note(refusal, self._run.time.now())

    def _poll(self) -> None:
        try:
            with contextlib.suppress(queue.Empty):
                while True:
                    then, outcome = self._done.get_nowait()
                    then(outcome)
            if self._rooms is not None:
                self._rooms.tick()
            if self._steps is not None:
                self._steps.tick()
        finally:  # after a fault, too: it is shown, and polling continues
            self._next_poll = self._root.after(_POLL_MS, self._poll)

    def _style_root(self) -> None:
        px = self.theme.px
        width = min(px(_SIZE[0]), self._root.winfo_screenwidth())
        height = min(px(_SIZE[1]), self._root.winfo_screenheight() - px(60))
        left = (self._root.winfo_screenwidth() - width) // 2
        top = max(0, (self._root.winfo_screenheight() - height) // 2 - px(20))
        self._root.geometry(f"{width}x{height}+{left}+{top}")
        self._root.minsize(min(width, px(880)), min(height, px(560)))
        self._root.configure(background=PAGE, width=width, height=height)
        self._root.report_callback_exception = self._fault
        with contextlib.suppress(tk.TclError):
            # Tcl loads the bindings of Tab on demand, which fails if standard output is not what it expects.
            self._root.tk.eval("source [file join $tk_library focus.tcl]")

    def _show_icon(self) -> None:
        if getattr(sys, "frozen", False):
            with contextlib.suppress(tk.TclError):  # the window works without an icon
                self._root.tk.call("wm", "iconbitmap", str(self._root), "-default", sys.executable)

    def _fault(self, _: Type[BaseException], fault: BaseException, trace: Optional[TracebackType]) -> None:
        """Handle exceptions of Tk callbacks: show a refusal on the login page, never a traceback."""
        refusal = as_refusal(fault.with_traceback(trace))
        self._note(refusal)
        self.refuse(refusal)
