"""Help panel: hotline and its hours, numbers that support calls from, help request, desk, diagnostics."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import font as tkfont
from tkinter import ttk
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional

from oneseat.client.gui import theme as look
from oneseat.client.gui import words
from oneseat.client.gui.help_words import LOG_IN_FIRST
from oneseat.client.gui.scrolled import Scrolled
from oneseat.client.gui.theme import Theme, label
from signing import service_hours
from signing.charter import Charter, Support
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.client.gui.help_request import HelpRequestBox
    from oneseat.client.gui.help_state import HelpDesk

_WIDTH = 340
_COLUMN_WIDTH = 280


class HelpActions(NamedTuple):
    """Callbacks: text for the clipboard, open an address, close the panel, the help request.

    ``desk`` returns None before the login.
    """

    diagnostics: Callable[[], str]
    browse: Callable[[str], None]
    close: Callable[[], None]
    desk: Callable[[], Optional[HelpDesk]]


class HelpPanel(tk.Frame):
    """Panel above the bar; in two columns where one would be higher than the window.

    Hotline and closing button are always in view; the rest scrolls if it is too high even so.
    """

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
        self._width = theme.px(_WIDTH if columns == 1 else _COLUMN_WIDTH)
        self._max_height = 0
        self._head = self._make_head(charter.support)
        self._head.pack(fill="x")
        self._body = Scrolled(self, look.PAGE, of_page=False)
        self._body.pack(fill="both", expand=True, pady=(theme.px(10), 0))
        left = tk.Frame(self._body.inside, background=look.PAGE)
        left.grid(row=0, column=0, sticky="nw", padx=(0, theme.px(8)))
        right = left
        if columns > 1:
            right = tk.Frame(self._body.inside, background=look.PAGE)
            right.grid(row=0, column=1, sticky="nw", padx=(theme.px(16), theme.px(8)))
        self._column = left
        self._hours_and_calls(charter.support)
        desk = actions.desk()
        self.request: Optional[HelpRequestBox] = None
        if desk is None:
            self._line(say(LOG_IN_FIRST), theme.small, look.MUTED, 14)
        else:
            self._ask_for_help(right, desk, 0 if columns > 1 else 16)
            right = left
        self._column = right
        self._service_desk(charter.support, 14 if right is left else 0)
        self._body.inside.bind("<Configure>", lambda _: self._wrap(), add="+")

    def fit(self, max_height: int) -> None:
        """Be at most so many pixels high, now and when the content changes."""
        self._max_height = max_height
        self._wrap()
        self.update_idletasks()

    def _wrap(self) -> None:
        around = self._head.winfo_reqheight() + self._theme.px(10 + 2 * 20) + 2
        self._body.wrap(self._max_height - around)

    def _make_head(self, support: Support) -> tk.Frame:
        """Title, hotline and the button that closes the panel."""
        theme, say = self._theme, self._say
        head = tk.Frame(self, background=look.PAGE)
        head.columnconfigure(0, weight=1)
        label(head, say(words.HELP_TITLE), theme.brand, look.TEXT).grid(row=0, column=0, sticky="w")
        self.end = ttk.Button(head, text=say(words.CLOSE), style="Plain.TButton", command=self._actions.close)
        self.end.grid(row=0, column=1, sticky="e")
        hotline = tk.Frame(head, background=look.PAGE)
        hotline.grid(row=1, column=0, columnspan=2, sticky="w", pady=(theme.px(6), 0))
        label(hotline, say(words.HOTLINE), theme.small, look.MUTED).pack(side="left")
        number = label(hotline, support.hotline, theme.title, look.ACCENT)
        number.pack(side="left", padx=(theme.px(12), 0))
        return head

    def _hours_and_calls(self, support: Support) -> None:
        theme, say = self._theme, self._say
        hours = service_hours.all_hours(support.hours)
        if hours:
            self._line(say(words.HOURS), theme.small, look.MUTED, 0)
        for line in hours:
            self._line(say(line), theme.small, look.TEXT, 4)
        self._line(say(words.CALLS_FROM), theme.small, look.MUTED, 14 if hours else 0)
        self._line("    ".join(support.calls_from), theme.strong, look.TEXT, 4)
        self._line(say(words.NEVER_CALL_BACK), theme.small, look.WARN, 6)

    def _ask_for_help(self, parent: tk.Frame, desk: HelpDesk, above: int) -> None:
        from oneseat.client.gui.help_request import HelpRequestBox  # imported late: only after a login

        self.request = HelpRequestBox(parent, self._theme, self._say, desk, self._width)
        self.request.pack(anchor="w", fill="x", pady=(self._theme.px(above), 0))

    def _service_desk(self, support: Support, above: int) -> None:
        theme, say = self._theme, self._say
        self._line(say(words.SERVICE_DESK), theme.small, look.MUTED, above)
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

    def _line(self, text: str, font: tkfont.Font, colour: str, above: int) -> None:
        row = label(self._column, text, font, colour, self._width)
        row.pack(anchor="w", pady=(self._theme.px(above), 0))
