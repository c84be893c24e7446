"""Panels of the session page: findings before entry, a late browser, findings and sleep in the session."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import ttk
from typing import Callable, NamedTuple, Sequence, Tuple

from oneseat.client.gui import session_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.notice import Notice
from oneseat.client.gui.shell import Say
from oneseat.client.gui.theme import Theme, label
from oneseat.client.health.check import BLOCK, Finding
from signing import session_times
from signing.text import Text


class Concerns(tk.Frame):
    """What the health check found missing or forbidden; takes no room while there is nothing."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, say: Say, kind: str, width: int, to_health: Callable[[], None]
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, self._kind, self._to_health = theme, say, kind, to_health
        self._inner = width - theme.px(40)
        self._shown: Tuple[Finding, ...] = ()

    def refresh(self, findings: Sequence[Finding]) -> None:
        """Show these findings, if they are others than before."""
        if tuple(findings) == self._shown:
            return
        self._shown = tuple(findings)
        for child in self.winfo_children():
            child.destroy()
        self.configure(height=1)  # a frame keeps the height of children that are gone
        if findings:
            self._draw()

    def _draw(self) -> None:
        px, say = self._theme.px, self._say
        notice = Notice(self, self._theme, look.BAD, look.BAD_PAGE)
        notice.pack(fill="x", pady=(0, px(14)))
        label(notice.inside, say(words.CONCERNS), self._theme.strong, look.BAD, self._inner).pack(anchor="w")
        for finding in self._shown:
            text = say(Text(f"{finding.name.en}: ", f"{finding.name.zh}：")) + say(finding.evidence)
            label(notice.inside, text, self._theme.body, look.TEXT, self._inner).pack(
                anchor="w", pady=(px(4), 0)
            )
        if self._kind == session_times.MOCK:
            label(notice.inside, say(words.CONCERNS_MOCK), self._theme.body, look.BAD, self._inner).pack(
                anchor="w", pady=(px(6), 0)
            )
        ttk.Button(
            notice.inside, text=say(words.TO_HEALTH), style="Plain.TButton", command=self._to_health
        ).pack(anchor="w", pady=(px(8), 0))


class Late(NamedTuple):
    """Why an entry is late, and the address that opens the room when it is copied into a browser."""

    cause: Text
    address: str


class LatePanel(Notice):
    """The room has not opened, and why: a button to open it again, and the address to copy."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, say: Say, late: Late, reopen: Callable[[], None], width: int
    ) -> None:
        super().__init__(parent, theme, look.BAD, look.BAD_PAGE)
        px, inner = theme.px, width - theme.px(40)
        self._say = say
        label(self.inside, say(late.cause), theme.strong, look.BAD, inner).pack(anchor="w")
        self.retry = ttk.Button(self.inside, text=say(words.RETRY), style="Primary.TButton", command=reopen)
        self.retry.pack(anchor="w", pady=(px(8), px(10)))
        label(self.inside, say(words.BY_ADDRESS), theme.body, look.TEXT, inner).pack(anchor="w")
        entry = ttk.Entry(self.inside, font=theme.small)
        entry.insert(0, late.address)
        entry.state(["readonly"])
        entry.pack(fill="x", pady=(px(4), px(6)))
        self.copy = ttk.Button(
            self.inside,
            text=say(words.COPY_ADDRESS),
            style="Plain.TButton",
            command=partial(self._copy, late.address),
        )
        self.copy.pack(anchor="w")

    def _copy(self, address: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(address)
        self.copy.configure(text=self._say(words.ADDRESS_COPIED))


class SeenPanel(Notice):
    """A finding during the session: a strip without sound, which takes no focus and needs no click."""

    def __init__(self, parent: tk.Misc, theme: Theme, say: Say, finding: Finding, width: int) -> None:
        blocks = finding.status == BLOCK
        colour, page = (look.BAD, look.BAD_PAGE) if blocks else (look.WARN, look.WARN_PAGE)
        super().__init__(parent, theme, colour, page)
        text = words.SEEN_BLOCK if blocks else words.SEEN_WARN
        shown = text.filled({"found": finding.evidence, "advice": finding.remedy})
        label(self.inside, say(shown), theme.body, colour, width - theme.px(40)).pack(anchor="w")


class SleptPanel(Notice):
    """The computer slept during the session: when, what that means, and what to do."""

    def __init__(self, parent: tk.Misc, theme: Theme, say: Say, when: Text, width: int) -> None:
        super().__init__(parent, theme, look.WARN, look.WARN_PAGE)
        inner = width - theme.px(40)
        slept = say(words.SLEPT.filled({"when": when}))
        label(self.inside, slept, theme.strong, look.WARN, inner).pack(anchor="w")
        label(self.inside, say(words.AFTER_SLEEP), theme.body, look.TEXT, inner).pack(
            anchor="w", pady=(theme.px(5), 0)
        )
