"""Login page, the only page that is imported before the login."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Callable, Optional

from oneseat.client.gui import theme as look
from oneseat.client.gui import words
from oneseat.client.gui.notice import Notice, Refusal
from oneseat.client.gui.shell import PageContext
from oneseat.client.gui.theme import Theme, label
from signing.errors import OneSeatError
from signing.text import Text


class LoginPage(tk.Frame):
    """Entries for ID number and admission number, and the last refusal."""

    WIDTH = 460

    def __init__(
        self,
        parent: tk.Misc,
        context: PageContext,
        submit: Callable[[str, str], None],
        refusal: Optional[OneSeatError] = None,
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        theme, say, width = context
        self._say, self._submit = say, submit
        width = min(width, theme.px(self.WIDTH))
        self.columnconfigure(0, minsize=width)
        label(self, say(words.LOGIN_TITLE), theme.title, look.TEXT).grid(sticky="w")
        label(self, say(words.LOGIN_HINT), theme.body, look.MUTED, width).grid(
            sticky="w", pady=(theme.px(4), theme.px(12))
        )
        self.id_number = self._entry(theme, words.ID_NUMBER)
        self.admission_number = self._entry(theme, words.ADMISSION_NUMBER)
        self.button = ttk.Button(self, text=say(words.LOG_IN), style="Primary.TButton", command=self._send)
        self.button.grid(sticky="w", pady=(theme.px(6), theme.px(18)), ipadx=theme.px(16))
        if refusal is not None:
            Refusal(self, theme, say, refusal, width).grid(sticky="ew")
        self._theme, self._width = theme, width
        self._upload: Optional[tk.Label] = None
        for widget in (self.id_number, self.admission_number):
            widget.bind("<Return>", lambda _: self._send())

    def focus_first(self) -> None:
        """Focus the first empty entry."""
        (self.admission_number if self.id_number.get() else self.id_number).focus_set()

    def fill(self, id_number: str, admission_number: str) -> None:
        """Restore what was typed, so that one wrong character can be corrected."""
        self.id_number.insert(0, id_number)
        self.admission_number.insert(0, admission_number)

    def show_upload(self, text: str) -> None:
        """Say that recordings of an interview are still being uploaded; an empty text takes it away."""
        if self._upload is not None:
            self._upload.configure(text=text)
        elif text:
            notice = Notice(self, self._theme, look.WARN, look.WARN_PAGE)
            notice.grid(sticky="ew", pady=(self._theme.px(8), 0))
            inner = self._width - self._theme.px(40)
            self._upload = label(notice.inside, text, self._theme.body, look.TEXT, inner)
            self._upload.pack(anchor="w")

    def wait(self) -> None:
        """Disable the button while an attempt is being verified."""
        self.button.state(["disabled"])
        self.button.configure(text=self._say(words.CHECKING))

    def _entry(self, theme: Theme, name: Text) -> ttk.Entry:
        label(self, self._say(name), theme.small, look.MUTED).grid(sticky="w", pady=(0, theme.px(4)))
        entry = ttk.Entry(self, font=theme.large)
        entry.grid(sticky="ew", pady=(0, theme.px(10)))
        return entry

    def _send(self) -> None:
        if not self.button.instate(["disabled"]):
            self._submit(self.id_number.get(), self.admission_number.get())
