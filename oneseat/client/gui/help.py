"""Help panel: hotline, numbers that support calls from, service desk, diagnostics."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import font as tkfont
from tkinter import ttk
from typing import Callable, NamedTuple, Optional

from oneseat.client.gui import theme as look
from oneseat.client.gui import words
from oneseat.client.gui.theme import Theme, label
from signing.charter import Charter
from signing.text import Text

_WIDTH = 340
_COLUMN_WIDTH = 280


class HelpActions(NamedTuple):
    """Callbacks of the buttons: text for the clipboard, open an address, close the panel."""

    diagnostics: Callable[[], str]
    browse: Callable[[str], None]
    close: Callable[[], None]


class HelpPanel(tk.Frame):
    """Panel above the bar; in two columns where one would be higher than the window."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        say: Callable[[Text], str],
        charter: Charter,
        actions: HelpActions,
        columns: int = 1,
    ) -> None:
        super().__init__(
            parent,
            background=look.PAGE,
            highlightthickness=1,
            highlightbackground=look.BORDER,
            highlightcolor=look.BORDER,
            padx=theme.px(24),
            pady=theme.px(20),
        )
        self._theme, self._say, self._actions = theme, say, actions
        left = tk.Frame(self, background=look.PAGE)
        left.grid(row=0, column=0, sticky="nw")
        right = left
        if columns > 1:
            right = tk.Frame(self, background=look.PAGE)
            right.grid(row=0, column=1, sticky="nw", padx=(theme.px(24), 0))
        self._width = theme.px(_WIDTH if columns == 1 else _COLUMN_WIDTH)
        self._column = left
        support = charter.support
        self._line(say(words.HELP_TITLE), theme.brand, look.TEXT, 0)
        self._line(say(words.HOTLINE), theme.small, look.MUTED, 14)
        self._line(support.hotline, theme.title, look.ACCENT, 2)
        self._line(say(words.CALLS_FROM), theme.small, look.MUTED, 14)
        self._line("    ".join(support.calls_from), theme.strong, look.TEXT, 4)
        self._line(say(words.NEVER_CALL_BACK), theme.small, look.WARN, 6)
        self._column = right
        self._line(say(words.SERVICE_DESK), theme.small, look.MUTED, 14 if columns == 1 else 0)
        self._line(say(support.desk_name), theme.strong, look.TEXT, 4)
        self.open_service_desk: Optional[ttk.Button] = None
        if support.desk_url:
            self._line(support.desk_url, theme.small, look.MUTED, 4)
        self._buttons(support.desk_url)

    def copy(self) -> None:
        """Copy the diagnostics to the clipboard, and confirm it on the button."""
        self.clipboard_clear()
        self.clipboard_append(self._actions.diagnostics())
        self.diagnostics.configure(text=self._say(words.COPIED))

    def focus_first(self) -> None:
        """Focus the button where Enter does no harm."""
        self.end.focus_set()

    def _buttons(self, desk_url: str) -> None:
        px, say = self._theme.px, self._say
        if desk_url:
            self.open_service_desk = ttk.Button(
                self._column,
                text=say(words.OPEN_SERVICE_DESK),
                style="Plain.TButton",
                command=partial(self._actions.browse, desk_url),
            )
            self.open_service_desk.pack(anchor="w", fill="x", pady=(px(8), 0))
        self.diagnostics = ttk.Button(
            self._column, text=say(words.COPY), style="Plain.TButton", command=self.copy
        )
        self.diagnostics.pack(anchor="w", fill="x", pady=(px(16), 0))
        self._line(say(words.COPY_HINT), self._theme.small, look.MUTED, 4)
        self.end = ttk.Button(
            self._column, text=say(words.CLOSE), style="Plain.TButton", command=self._actions.close
        )
        self.end.pack(anchor="e", pady=(px(14), 0))

    def _line(self, text: str, font: tkfont.Font, colour: str, above: int) -> None:
        row = label(self._column, text, font, colour, self._width)
        row.pack(anchor="w", pady=(self._theme.px(above), 0))
