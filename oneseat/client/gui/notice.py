"""Coloured panels: a notice, and a refusal with cause, remedy and code."""

from __future__ import annotations

import tkinter as tk

from oneseat.client.gui import theme as look
from oneseat.client.gui.shell import Say
from oneseat.client.gui.theme import Theme, label
from signing.errors import OneSeatError


class Notice(tk.Frame):
    """Coloured panel with a strip at its left edge."""

    def __init__(self, parent: tk.Misc, theme: Theme, colour: str, page: str) -> None:
        super().__init__(parent, background=colour)
        self.inside = tk.Frame(self, background=page, padx=theme.px(16), pady=theme.px(12))
        self.inside.pack(fill="both", expand=True, padx=(theme.px(4), 0))


class Refusal(Notice):
    """Panel with a refusal: cause, remedy, and the code for the hotline."""

    def __init__(self, parent: tk.Misc, theme: Theme, say: Say, refusal: OneSeatError, width: int) -> None:
        super().__init__(parent, theme, look.BAD, look.BAD_PAGE)
        inner = width - theme.px(40)
        label(self.inside, say(refusal.cause_text), theme.strong, look.BAD, inner).pack(anchor="w")
        remedy = label(self.inside, say(refusal.remedy_text), theme.body, look.TEXT, inner)
        remedy.pack(anchor="w", pady=(theme.px(6), 0))
        label(self.inside, refusal.code, theme.small, look.MUTED).pack(anchor="w", pady=(theme.px(6), 0))
