"""Panel that says how far the candidate came in the mock interviews, and what it means."""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from typing import Optional, Tuple

from oneseat.client.gui import mock_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.notice import Notice
from oneseat.client.gui.shell import Say
from oneseat.client.gui.theme import Theme, label
from oneseat.client.local.mock_progress import FINISHED, NOT_TAKEN, STARTED, MockProgress
from signing import dates
from signing.charter import Charter

_COLOURS = {
    NOT_TAKEN: (look.WARN, look.WARN_PAGE),
    STARTED: (look.ACCENT, look.BAR),
    FINISHED: (look.GOOD, look.GOOD_PAGE),
}


class MockPanel(tk.Frame):
    """The portal's last answer; takes no room where there is none, or the exam has no mock interview."""

    def __init__(self, parent: tk.Misc, theme: Theme, say: Say, charter: Charter, width: int) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, self._charter = theme, say, charter
        self._inner = width - theme.px(40)
        self._shown: Optional[Tuple[MockProgress, str]] = None

    def refresh(self, progress: Optional[MockProgress], now: datetime) -> None:
        """Show an answer, unless the same is shown already."""
        if progress is None or not self._charter.mocks:
            return
        means = self._say(words.meaning(progress.state, self._charter, now))
        if (progress, means) == self._shown:
            return
        self._shown = progress, means
        for child in self.winfo_children():
            child.destroy()
        self._draw(progress, means)

    def _draw(self, progress: MockProgress, means: str) -> None:
        px, say = self._theme.px, self._say
        colour, page = _COLOURS[progress.state]
        notice = Notice(self, self._theme, colour, page)
        notice.pack(fill="x", pady=(0, px(14)))
        title = say(words.TITLES[progress.state])
        label(notice.inside, title, self._theme.strong, colour, self._inner).pack(anchor="w")
        label(notice.inside, means, self._theme.body, look.TEXT, self._inner).pack(
            anchor="w", pady=(px(4), 0)
        )
        when = dates.opening(progress.heard_at.astimezone(self._charter.ends.tzinfo).replace(second=0))
        heard = say(words.HEARD.filled({"when": when}))
        label(notice.inside, heard, self._theme.small, look.MUTED, self._inner).pack(
            anchor="w", pady=(px(4), 0)
        )
