"""Page of the health check: one row per check with status, evidence and remedy."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Callable, Dict, List, Sequence, Set

from oneseat.client.gui import health_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.line_breaks import break_lines
from oneseat.client.gui.shell import PageContext
from oneseat.client.gui.theme import Theme, label
from oneseat.client.gui.threads import RunInThread
from oneseat.client.health.check import BLOCK, PASS, UNKNOWN, WARN, Check, Finding, tally
from oneseat.client.health.examination import examine

RUNNING = "running"
_URGENCY = (BLOCK, WARN, UNKNOWN, RUNNING, PASS)
_FIRST_ROW = 10
"""Row of the first check, below the title and the buttons."""
_COLOURS = {PASS: look.GOOD, WARN: look.WARN, BLOCK: look.BAD, UNKNOWN: look.MUTED, RUNNING: look.ACCENT}


class HealthState:
    """Findings and running checks. It outlives the page, which a change of language redraws."""

    def __init__(self, checks: Sequence[Check], run_in_thread: RunInThread) -> None:
        self.checks = tuple(checks)
        self.findings: Dict[str, Finding] = {}
        self.running: Set[str] = set()
        self.changed: Callable[[], None] = lambda: None
        self._run_in_thread = run_in_thread
        self._waiting: List[Check] = []

    @property
    def idle(self) -> bool:
        """Whether no check is running."""
        return not self.running

    def run_all(self) -> None:
        """Run all checks; those that need the network alone start last."""
        if self.idle:
            self.running = {check.key for check in self.checks}
            self._waiting = [check for check in self.checks if check.alone]
            for check in self.checks:
                if not check.alone:
                    self._examine(check)
            self.changed()

    def run_one(self, key: str) -> None:
        """Run one check again."""
        check = next(check for check in self.checks if check.key == key)
        if key not in self.running:
            self.running.add(key)
            self._examine(check)
            self.changed()

    def status(self, key: str) -> str:
        """The displayed status of a check: running, or that of its finding."""
        return RUNNING if key in self.running or key not in self.findings else self.findings[key].status

    def _examine(self, check: Check) -> None:
        self._run_in_thread(lambda: examine(check), self._add_finding)

    def _add_finding(self, finding: Finding) -> None:
        self.findings[finding.check] = finding
        self.running.discard(finding.check)
        if self._waiting and self.running == {check.key for check in self._waiting}:
            for check in self._waiting:
                self._examine(check)
            self._waiting = []
        self.changed()


class _Row(tk.Frame):
    """Row of one check."""

    def __init__(
        self, parent: tk.Misc, context: PageContext, check: Check, state: HealthState, width: int
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, _ = context
        self._check, self._state = check, state
        px = self._theme.px
        self._inner = width - px(94 + 112 + 6)
        self.columnconfigure(0, minsize=px(94))
        self.columnconfigure(1, weight=1)
        self._sign = label(self, "", self._theme.strong, look.MUTED)
        self._sign.grid(row=0, column=0, sticky="nw", pady=(px(9), 0))
        texts = tk.Frame(self, background=look.PAGE)
        texts.grid(row=0, column=1, sticky="nw", pady=px(9))
        label(texts, self._say(check.name), self._theme.strong, look.TEXT).pack(anchor="w")
        self._evidence = label(texts, "", self._theme.small, look.MUTED)
        self._evidence.pack(anchor="w", pady=(px(2), 0))
        self._remedy = label(texts, "", self._theme.small, look.TEXT)
        self.again = ttk.Button(
            self,
            text=self._say(words.CHECK_ONE),
            style="Link.TButton",
            command=lambda: state.run_one(check.key),
        )
        self.again.grid(row=0, column=2, sticky="ne", pady=(px(2), 0))
        rule = tk.Frame(self, height=1, background=look.LINE)
        rule.grid(row=1, column=0, columnspan=3, sticky="ew")
        self.show()

    def show(self) -> None:
        """Update the row to the check's status."""
        theme, say = self._theme, self._say
        status, finding = self._state.status(self._check.key), self._state.findings.get(self._check.key)
        self._sign.configure(text=say(words.STATUSES[status]), foreground=_COLOURS[status])
        self.again.state(["disabled" if status == RUNNING else "!disabled"])
        evidence = say(words.WAITING) if status == RUNNING or finding is None else say(finding.evidence)
        remedy = "" if status == RUNNING or finding is None else say(finding.remedy)
        self._evidence.configure(text=_break_lines(theme, evidence, self._inner))
        self._remedy.configure(text=_break_lines(theme, remedy, self._inner))
        if remedy:
            self._remedy.pack(anchor="w", pady=(theme.px(2), 0))
        else:
            self._remedy.pack_forget()


def _break_lines(theme: Theme, text: str, width: int) -> str:
    return break_lines(text, width, theme.small.measure)


class HealthPage(tk.Frame):
    """Rows of all checks, progress, and the buttons."""

    WIDTH = 660

    def __init__(
        self, parent: tk.Misc, context: PageContext, state: HealthState, go_on: Callable[[], None]
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        theme, self._say, width = context
        self._state = state
        width = min(width, theme.px(self.WIDTH))
        self.columnconfigure(0, minsize=width)
        label(self, self._say(words.TITLE), theme.title, look.TEXT).grid(sticky="w")
        label(self, self._say(words.HINT), theme.small, look.MUTED, width).grid(
            sticky="w", pady=(theme.px(4), 0)
        )
        self._progress = label(self, "", theme.strong, look.TEXT)
        self._progress.grid(sticky="w", pady=(theme.px(12), theme.px(6)))
        buttons = tk.Frame(self, background=look.PAGE)
        buttons.grid(sticky="w", pady=(0, theme.px(8)))
        self.next = ttk.Button(buttons, text=self._say(words.GO_ON), style="Primary.TButton", command=go_on)
        self.next.pack(side="left")
        self.all = ttk.Button(
            buttons, text=self._say(words.CHECK_ALL), style="Plain.TButton", command=state.run_all
        )
        self.all.pack(side="left", padx=(theme.px(10), 0))
        self.rows = {check.key: _Row(self, context, check, state, width) for check in state.checks}
        self._order: List[str] = []
        state.changed = self.refresh
        self.bind("<Destroy>", lambda event: self._leave() if event.widget is self else None)
        self.refresh()

    def focus_first(self) -> None:
        """Focus the page, not its buttons."""
        self.focus_set()

    def refresh(self) -> None:
        """Update progress and rows from the state."""
        state = self._state
        done = len(state.checks) - len(state.running)
        if state.idle:
            text = self._say(words.SUMMARY).format(**tally(state.findings.values()))
        else:
            text = self._say(words.RUNNING).format(done=done, all=len(state.checks))
        self._progress.configure(text=text)
        self.all.state(["!disabled" if state.idle else "disabled"])
        blocked = state.idle and any(finding.status == BLOCK for finding in state.findings.values())
        self.next.configure(style="Plain.TButton" if blocked else "Primary.TButton")
        self.all.configure(style="Primary.TButton" if blocked else "Plain.TButton")
        self._arrange()
        for row in self.rows.values():
            row.show()

    def _arrange(self) -> None:
        """Put what must be fixed first, then what to note; while checks run the order stays as it is."""
        order = list(self.rows)
        if self._state.idle:
            order.sort(key=lambda key: _URGENCY.index(self._state.status(key)))
        elif self._order:
            return
        if order != self._order:
            self._order = order
            for position, key in enumerate(order):
                self.rows[key].grid(row=_FIRST_ROW + position, sticky="ew")

    def _leave(self) -> None:
        if self._state.changed == self.refresh:
            self._state.changed = lambda: None
