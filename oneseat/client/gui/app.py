"""The window: what it shows until somebody has logged in, its language, and the work beside it.

What comes after the login is in :mod:`oneseat.client.gui.steps`, which is loaded behind the
window that is already on the screen.
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

from oneseat.client.diagnostics import Journal, Standing, diagnostics
from oneseat.client.errors import WindowUnavailable, as_refusal
from oneseat.client.gui import words
from oneseat.client.gui.help import HelpActs
from oneseat.client.gui.login_page import LoginPage
from oneseat.client.gui.shell import Setting, Shell
from oneseat.client.gui.theme import PAGE, Theme, be_dpi_aware
from oneseat.client.identity import Identity
from oneseat.client.run import Run
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.client.actions import Actions
    from oneseat.client.gui.steps import Outcome, StepPage, Steps
    from oneseat.client.launch import Acceptance

_POLL_MS = 40
_SIZE = (960, 680)


def show_window(run: Run, actions: Callable[[], Actions]) -> int:
    """Show the window until it is closed; returns the exit status. ``actions`` loads what follows the login.

    Raises:
        WindowUnavailable: there is no desktop, or Tk is damaged.
        OneSeatError: the installation has no valid charter.
    """
    be_dpi_aware()
    try:
        root = tk.Tk()
    except tk.TclError as fault:
        raise WindowUnavailable(reason=str(fault)[:80]) from None
    App(root, run, actions).run()
    return 0


class App:
    """The state of the window: the language, who is logged in, what was refused."""

    def __init__(self, root: tk.Tk, run: Run, actions: Callable[[], Actions], language: str = "zh") -> None:
        self._root, self._run, self._actions, self._language = root, run, actions, language
        root.withdraw()  # until it is drawn: nobody need see it empty
        self._done: queue.Queue[Tuple[Callable[[Any], None], Outcome]] = queue.Queue()
        self._charter = run.charter()
        self._steps: Optional[Steps] = None
        self._refusal: Optional[OneSeatError] = None
        self._typed = ("", "")
        self._step = words.STEP_LOGIN
        self.journal = Journal()
        self._drawn = False
        self.shell: Shell
        self.theme = Theme(root)
        self._dress()
        self.show()
        root.deiconify()
        root.after(1, self._show_icon)  # taking it out of the program takes longer than drawing the page
        self._next_poll = root.after(_POLL_MS, self._poll)
        root.bind("<Destroy>", lambda event: self.close() if event.widget is root else None)
        self.work(self._load, lambda _: None)

    def run(self) -> None:
        """Take events until the window is closed."""
        self._root.mainloop()

    def close(self) -> None:
        """Take no more results; the root window may go on without this."""
        self._leave()
        self._root.after_cancel(self._next_poll)

    def show(self) -> None:
        """Draw everything anew: after a change of page or of language."""
        self._root.title(self.say(self.charter.product))
        helped = self._drawn and self.shell.helps
        for child in self._root.winfo_children():
            child.destroy()
        build = self._run.program.baked.build_id
        setting = Setting(self.theme, self.say, 0)
        acts = HelpActs(self._diagnostics, self._browse, lambda: None)
        self.shell = Shell(self._root, setting, self.charter, build, self._switch_language, acts)
        self.shell.pack(fill="both", expand=True)
        self.page = self._make_page()
        self.page.pack(anchor="nw", pady=(0, self.theme.px(20)))
        self.page.focus_first()
        self._drawn = True
        if helped:
            self.shell.toggle_help()

    @property
    def charter(self) -> Charter:
        """The newest charter that is known here."""
        return self._charter if self._steps is None else self._steps.charter

    def say(self, text: Text) -> str:
        """The text in the language that is on."""
        return str(getattr(text, self._language))

    def go(self, step: int) -> None:
        """Show the page of a step; one that is not open yet is passed over."""
        if step in self._open_pages():
            self._step = step
            self.show()

    def work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do something beside the window; ``then`` gets its outcome, or refusal, in the window's thread."""

        def run() -> None:
            try:
                outcome = work()
            except Exception as fault:  # noqa: BLE001 -- shown as a refusal with a place
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
        """Go back to the login page, which shows why."""
        self._leave()
        self._refusal = refusal
        self.show()

    def _load(self) -> None:
        """Load what comes after the login, while somebody types."""
        import_module("oneseat.client.gui.steps")
        self._actions()

    def _open_pages(self) -> Dict[int, Callable[[], Union[LoginPage, StepPage]]]:
        """The steps that are open now, and what makes the page of each."""
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
        page = LoginPage(self.shell.page, self.shell.setting, self._log_in, self._refusal)
        page.fill(*self._typed)
        return page

    def _log_in(self, id_number: str, admission_number: str) -> None:
        self._typed = (id_number, admission_number)
        if isinstance(self.page, LoginPage):
            self.page.wait()

        def prove() -> Tuple[Identity, Acceptance]:
            identity = Identity.typed(id_number, admission_number)
            return identity, self._actions().accept_or_ask(identity)

        self.work(prove, self._logged_in)

    def _logged_in(self, outcome: Outcome) -> None:
        if isinstance(outcome, OneSeatError):
            self.refuse(outcome)
            return
        from oneseat.client.gui.steps import Steps

        identity, acceptance = outcome
        self._typed, self._refusal = ("", ""), None
        self._steps = Steps(self, self._actions(), acceptance)
        self.show()
        self._steps.ask(identity)

    def _leave(self) -> None:
        if self._steps is not None:
            self._charter = self._steps.charter
            self._steps.leave()
            self._steps = None

    def _diagnostics(self) -> str:
        time = self._run.time
        standing = Standing(
            self._run.program.baked.build_id,
            self.charter,
            self._steps.acceptance.enrolment if self._steps is not None else None,
            time.own_clock_ahead() if time.is_learnt else None,
            round(self.theme.scale * 100),
            self._language,
        )
        findings = self._steps.findings if self._steps is not None else ()
        return diagnostics(standing, findings, self.journal, time.now())

    def _browse(self, url: str) -> None:
        with contextlib.suppress(OSError, OneSeatError):  # the address stands beside the button
            self._actions().opener_for().browse(url)

    def _switch_language(self) -> None:
        if isinstance(self.page, LoginPage):
            self._typed = (self.page.id_number.get(), self.page.admission_number.get())
        self._language = "en" if self._language == "zh" else "zh"
        self.show()

    def _note(self, refusal: OneSeatError) -> None:
        self.journal.note(refusal, self._run.time.now())

    def _poll(self) -> None:
        try:
            with contextlib.suppress(queue.Empty):
                while True:
                    then, outcome = self._done.get_nowait()
                    then(outcome)
            if self._steps is not None:
                self._steps.tick()
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
        self._root.configure(background=PAGE, width=width, height=height)
        self._root.report_callback_exception = self._fault
        with contextlib.suppress(tk.TclError):
            # What Tab does is loaded on demand, which fails where standard output is not as Tcl expects.
            self._root.tk.eval("source [file join $tk_library focus.tcl]")

    def _show_icon(self) -> None:
        if getattr(sys, "frozen", False):
            with contextlib.suppress(tk.TclError):  # an icon is worth no refusal
                self._root.tk.call("wm", "iconbitmap", str(self._root), "-default", sys.executable)

    def _fault(self, _: Type[BaseException], fault: BaseException, trace: Optional[TracebackType]) -> None:
        """The last resort of the window: a refusal with a place on the login page, never a traceback."""
        refusal = as_refusal(fault.with_traceback(trace))
        self._note(refusal)
        self.refuse(refusal)
