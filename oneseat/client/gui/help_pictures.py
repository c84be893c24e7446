"""Pictures of the help request in the help panel: a row for each, and the button that adds one."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from pathlib import Path
from tkinter import ttk
from typing import Callable, Dict, Optional, Tuple

from oneseat.client.gui import help_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.help_state import HelpDesk
from oneseat.client.gui.scrolled import reveal
from oneseat.client.gui.theme import Theme, label
from oneseat.client.local.kept_pictures import MAX_PICTURES
from oneseat.client.online.help_answer import PictureList
from signing import dates
from signing.errors import OneSeatError
from signing.text import Text

_BUTTON_WIDTH = 92
_PATTERNS = ("*.jpg", "*.jpeg", "*.png", "*.webp")


class HelpPicturesBox(tk.Frame):
    """Shows the pictures of a :class:`HelpDesk`; :meth:`refresh` redraws it where they changed.

    It is empty where the portal takes no pictures from the client.
    """

    def __init__(
        self, parent: tk.Misc, theme: Theme, say: Callable[[Text], str], desk: HelpDesk, width: int
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, self._desk, self._width = theme, say, desk, width
        self._drawn: Optional[Tuple[object, ...]] = None
        self.add: Optional[ttk.Button] = None
        self.refresh()

    def refresh(self) -> None:
        """Draw the pictures anew if they changed."""
        listed, here, is_kept = self._listed(), self._desk.pictures, self._desk.state.is_kept
        drawn = (listed, here, is_kept)
        if drawn != self._drawn:
            had_focus = str(self.tk.call("focus")).startswith(f"{self}.")
            was_drawn, self._drawn = self._drawn is not None, drawn
            for child in self.winfo_children():
                child.destroy()
            self.add = None
            tk.Frame(self, background=look.PAGE, height=1, width=1).pack()  # an empty frame keeps its height
            if listed is not None or is_kept or here.failed:
                self._draw(listed)
            if had_focus and self.add is not None:
                self.add.focus_set()
            if was_drawn:
                reveal(self)
        if self.add is not None:
            self.add.state(["disabled" if self._desk.is_busy else "!disabled"])

    def choose(self) -> None:
        """Let the candidate choose a file, and add it."""
        from tkinter import filedialog  # imported late: only for who adds one

        types = [(self._say(words.PICTURES), _PATTERNS)]
        title = self._say(words.CHOOSE_PICTURE)
        chosen = filedialog.askopenfilename(parent=self.winfo_toplevel(), title=title, filetypes=types)
        if chosen:
            self._desk.add_picture(Path(chosen))

    def _listed(self) -> Optional[PictureList]:
        answer = self._desk.state.answer
        return answer.pictures if answer is not None and answer.is_open else None

    def _draw(self, listed: Optional[PictureList]) -> None:
        desk, here = self._desk, self._desk.pictures
        ids = listed.ids if listed is not None else ()
        self._line(self._say(words.PICTURES), look.MUTED, 12)
        may_take_away = listed is not None and listed.may_take_away
        for number, picture_id in enumerate(ids, 1):
            remove = partial(desk.remove_picture, picture_id) if may_take_away else None
            self._row(words.PICTURE_ADDED.filled({"number": number}), look.GOOD, words.REMOVE_PICTURE, remove)
        for number, slot in enumerate(here.waiting, len(ids) + 1):
            text = words.PICTURE_WAITS.filled({"number": number})
            self._row(text, look.WARN, words.REMOVE_PICTURE, partial(desk.drop_picture, slot))
        for refusal in here.failed:
            dismiss = partial(desk.dismiss, refusal)
            self._row(_failure(refusal), look.BAD, words.DISMISS, dismiss)
        if ids and not may_take_away:
            self._line(self._say(words.PICTURES_STAY), look.MUTED, 4)
        if listed is not None or desk.state.is_kept:
            self._draw_add(listed)

    def _draw_add(self, listed: Optional[PictureList]) -> None:
        """Draw the button, or why none can be added now."""
        theme, say, here = self._theme, self._say, self._desk.pictures
        most = listed.most if listed is not None else MAX_PICTURES
        not_before = here.not_before or (listed.not_before if listed is not None else None)
        count = len(here.waiting) + (len(listed.ids) if listed is not None else 0)
        if not_before is not None:
            until = dates.deadline(not_before, not_before)  # today, so the clock is enough
            self._line(say(words.PICTURES_NOT_NOW.filled({"until": until})), look.WARN, 4)
        elif count >= most:
            self._line(say(words.PICTURES_FULL.filled({"most": most})), look.MUTED, 4)
        else:
            self.add = ttk.Button(
                self, text=say(words.ADD_PICTURE), style="Plain.TButton", command=self.choose
            )
            self.add.pack(anchor="w", pady=(theme.px(6), 0))
            self._line(say(words.PICTURE_HINT.filled({"most": most})), look.MUTED, 4)

    def _row(self, text: Text, colour: str, act: Text, command: Optional[Callable[[], None]]) -> None:
        theme, say = self._theme, self._say
        row = tk.Frame(self, background=look.PAGE)
        row.pack(fill="x", pady=(theme.px(4), 0))
        width = self._width - (theme.px(_BUTTON_WIDTH) if command is not None else 0)
        label(row, say(text), theme.small, colour, width).pack(side="left")
        if command is not None:
            button = ttk.Button(row, text=say(act), style="Small.TButton", command=command)
            button.pack(side="right", anchor="n")

    def _line(self, text: str, colour: str, above: int) -> None:
        line = label(self, text, self._theme.small, colour, self._width)
        line.pack(anchor="w", pady=(self._theme.px(above), 0))


def _failure(refusal: OneSeatError) -> Text:
    facts: Dict[str, object] = {
        "cause": refusal.cause_text,
        "remedy": refusal.remedy_text,
        "code": refusal.code,
    }
    return words.PICTURE_FAILED.filled(facts)
