"""Schedule page: enrolment state, sessions, countdown, reminders."""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from tkinter import ttk
from typing import Callable, List, Optional

from oneseat.client import schedule
from oneseat.client.gui import theme as look
from oneseat.client.gui import words
from oneseat.client.gui.line_breaks import break_lines
from oneseat.client.gui.mock_panel import MockPanel
from oneseat.client.gui.notice import Notice
from oneseat.client.gui.shell import PageContext, Say
from oneseat.client.gui.theme import label
from oneseat.client.launch import CONFIRMED, Acceptance
from oneseat.client.local.mock_progress import MockProgress
from signing import dates
from signing.charter import Charter
from signing.text import Text


class SchedulePage(tk.Frame):
    """Page of an accepted candidate. :meth:`count_down` updates the countdown."""

    WIDTH = 640

    def __init__(
        self,
        parent: tk.Misc,
        context: PageContext,
        acceptance: Acceptance,
        now: datetime,
        log_out: Callable[[], None],
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, self._charter = context.theme, context.say, acceptance.charter
        theme, say, width = context
        self._width = min(width, theme.px(self.WIDTH))
        self.columnconfigure(0, minsize=self._width)
        heading = tk.Frame(self, background=look.PAGE)
        heading.grid(sticky="ew", pady=(0, theme.px(12)))
        heading.columnconfigure(0, weight=1)
        label(heading, say(words.SCHEDULE), theme.title, look.TEXT).grid(row=0, column=0, sticky="w")
        out = ttk.Button(heading, text=say(words.LOG_OUT), style="Plain.TButton", command=log_out)
        out.grid(row=0, column=1, sticky="e")
        self._state_row(acceptance)
        self._mock = MockPanel(self, theme, say, self._charter, self._width)
        self._mock.grid(sticky="ew")
        self._next = label(self, "", self._theme.brand, look.ACCENT)
        self._next.grid(sticky="w", pady=(0, self._theme.px(14)))
        self._table(now)
        self._reminders()

    def focus_first(self) -> None:
        """Focus the page, not its button: pressing Enter twice must not log out."""
        self.focus_set()

    def show_portal_text(self, text: str) -> None:
        """Show the result of the last contact with the portal, below the enrolment state."""
        inner = self._width - self._theme.px(40)
        self._portal.configure(text=break_lines(text, inner, self._theme.small.measure))

    def show_mock(self, progress: Optional[MockProgress], now: datetime) -> None:
        """Show how far the candidate came in the mock interviews, below the enrolment state."""
        self._mock.refresh(progress, now)

    def count_down(self, text: str) -> None:
        """Show the next event and the time left; an empty text hides it."""
        self._next.configure(text=text)

    def _state_row(self, acceptance: Acceptance) -> None:
        good = acceptance.enrolment == CONFIRMED
        colour, page = (look.GOOD, look.GOOD_PAGE) if good else (look.WARN, look.WARN_PAGE)
        notice = Notice(self, self._theme, colour, page)
        text = self._say(words.CONFIRMED if good else words.PROVISIONAL)
        inner = self._width - self._theme.px(40)
        label(notice.inside, text, self._theme.strong, colour, inner).pack(anchor="w")
        self._portal = label(notice.inside, "", self._theme.small, look.MUTED, inner)
        self._portal.pack(anchor="w", pady=(self._theme.px(4), 0))
        notice.grid(sticky="ew", pady=(0, self._theme.px(16)))

    def _table(self, now: datetime) -> None:
        px = self._theme.px
        table = tk.Frame(self, background=look.PAGE)
        table.grid(sticky="ew", pady=(px(6), px(4)))
        table.columnconfigure(3, weight=1)
        for position, row in enumerate(schedule.rows(self._charter, now)):
            self._table_row(table, position * 3, row)
            rule = tk.Frame(table, height=1, background=look.LINE)
            rule.grid(row=position * 3 + 2, column=0, columnspan=4, sticky="ew")
        text = times_in(self._charter.download.opens, now.astimezone())
        colour = (
            look.MUTED
            if now.astimezone().utcoffset() == self._charter.download.opens.utcoffset()
            else look.WARN
        )
        label(self, self._say(text), self._theme.small, colour, self._width).grid(
            sticky="w", pady=(px(6), px(20))
        )

    def _table_row(self, table: tk.Frame, at: int, row: schedule.Row) -> None:
        px, over = self._theme.px, row.standing == schedule.OVER
        gap = px(20 if self._width >= px(self.WIDTH) else 8)
        colour = look.MUTED if over else look.TEXT
        first = label(table, self._say(row.kind), self._theme.strong, colour)
        first.grid(row=at, column=0, sticky="w", padx=(0, gap), pady=(px(8), 0))
        label(table, self._say(row.day), self._theme.body, colour).grid(
            row=at, column=1, sticky="w", padx=(0, gap), pady=(px(8), 0)
        )
        hours = label(table, self._say(row.hours), self._theme.body, colour)
        hours.grid(row=at, column=2, sticky="w", pady=(px(8), 0))
        note = label(table, self._say(row.note), self._theme.small, look.MUTED, self._width - px(100))
        note.grid(row=at + 1, column=1, columnspan=3, sticky="w", pady=(px(3), px(9)))
        standing = self._say(words.STANDINGS[row.standing])
        emphasis = look.GOOD if row.standing == schedule.RUNNING else look.ACCENT
        label(table, standing, self._theme.strong, look.MUTED if over else emphasis).grid(
            row=at, column=3, sticky="e", pady=(px(8), 0)
        )

    def _reminders(self) -> None:
        px = self._theme.px
        label(self, self._say(words.REMINDERS), self._theme.brand, look.TEXT).grid(sticky="w")
        for text in reminders(self._charter, self._say):
            row = tk.Frame(self, background=look.PAGE)
            row.grid(sticky="ew", pady=(px(5), 0))
            label(row, "•", self._theme.body, look.ACCENT).pack(side="left", anchor="n", padx=(0, px(8)))
            label(row, text, self._theme.body, look.TEXT, self._width - px(24)).pack(side="left")


def times_in(exam: datetime, own: datetime) -> Text:
    """The zone of all times shown; this computer's own is named where it is another."""
    zone = dates.zone_name(exam)
    if own.utcoffset() == exam.utcoffset():
        return words.TIMES_IN.filled({"zone": zone})
    return words.OTHER_ZONE.filled({"zone": zone, "own": dates.zone_name(own)})


def reminders(charter: Charter, say: Say) -> List[str]:
    """Reminders that an exam has for every candidate."""
    deadline = say(dates.deadline(charter.device_change_until))
    at_desk = charter.support.device_change == "desk"
    change = words.DEVICE_CHANGE_AT_DESK if at_desk else words.DEVICE_CHANGE
    keep = say(words.KEEP)
    if charter.keep_until is not None:
        keep = say(words.KEEP_UNTIL).format(when=say(dates.deadline(charter.keep_until)))
    return [
        say(words.PHONE_FIRST).format(companion=say(charter.companion)),
        say(change).format(when=deadline),
        keep,
    ]
