"""The help request in the help panel: a form, or the request and how it goes."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from tkinter import font as tkfont
from tkinter import ttk
from typing import Callable, Optional, Tuple

from oneseat.client.gui import help_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.help_pictures import HelpPicturesBox
from oneseat.client.gui.help_state import HelpDesk, HelpDraft
from oneseat.client.gui.scrolled import reveal
from oneseat.client.gui.theme import Theme, label
from oneseat.client.online.help_answer import Announcement, HelpAnswer
from oneseat.client.online.help_requests import REASONS
from signing import dates
from signing.errors import OneSeatError
from signing.text import Text

_FORM, _KEPT, _OPEN = "form", "kept", "open"


class HelpRequestBox(tk.Frame):
    """Shows a :class:`HelpDesk`, and redraws itself when it changes; typing is not disturbed."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, say: Callable[[Text], str], desk: HelpDesk, width: int
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, self._desk, self._width = theme, say, desk, width
        self._reason_names = [say(words.REASONS[reason]) for reason in REASONS]
        self._drawn: Tuple[object, ...] = ()
        self._revealed = desk.refusal
        self._draw()
        desk.changed = self._changed

    def _changed(self) -> None:
        if self.winfo_exists():
            self._draw()

    def _mode(self) -> str:
        state = self._desk.state
        if state.is_kept:
            return _KEPT
        return _OPEN if state.answer is not None and state.answer.is_open else _FORM

    def _draw(self) -> None:
        """Draw what is shown anew if it changed. Of a form only the notes below it are drawn again."""
        mode, desk = self._mode(), self._desk
        answer = desk.state.answer
        drawn = (mode, answer and replace(answer, pictures=None))
        if drawn != self._drawn:
            had_focus = str(self.tk.call("focus")).startswith(f"{self}.")
            was_drawn, self._drawn = bool(self._drawn), drawn
            for child in self.winfo_children():
                child.destroy()
            self.pictures: Optional[HelpPicturesBox] = None
            {_FORM: self._draw_form, _KEPT: self._draw_kept, _OPEN: self._draw_open}[mode]()
            self._notes = tk.Frame(self, background=look.PAGE)
            self._notes.pack(fill="x")
            if had_focus:
                self.button.focus_set()
            if was_drawn:
                reveal(self)
        if self.pictures is not None:
            self.pictures.refresh()
        self._draw_notes()
        self.button.state(["disabled" if desk.is_busy else "!disabled"])
        if mode == _FORM:
            self.button.configure(text=self._say(words.SENDING if desk.is_busy else words.SUBMIT))

    def _draw_notes(self) -> None:
        for child in self._notes.winfo_children():
            child.destroy()
        tk.Frame(
            self._notes, background=look.PAGE, height=1, width=1
        ).pack()  # an empty frame keeps its height
        desk = self._desk
        if desk.refusal is not None:
            self._draw_refusal(desk.refusal)
            if desk.refusal is not self._revealed:
                self._revealed = desk.refusal
                reveal(self._notes)
        elif desk.unheard is not None:
            text = words.UNHEARD.filled({"code": desk.unheard.code})
            self._line(self._say(text), self._theme.small, look.WARN, 8, self._notes)

    def _draw_refusal(self, refusal: OneSeatError) -> None:
        for text, font, colour, above in (
            (self._say(refusal.cause_text), self._theme.strong, look.BAD, 8),
            (self._say(refusal.remedy_text), self._theme.small, look.TEXT, 2),
            (refusal.code, self._theme.small, look.MUTED, 2),
        ):
            self._line(text, font, colour, above, self._notes)

    # ------------------------------------------------------------------------------------- the form

    def _draw_form(self) -> None:
        theme, say, draft = self._theme, self._say, self._desk.draft
        self._line(say(words.TITLE), theme.strong, look.TEXT, 0)
        self._draw_last()
        self._line(say(words.HINT), theme.small, look.MUTED, 4)
        self._line(say(words.REASON), theme.small, look.MUTED, 8)
        self.reason = ttk.Combobox(self, values=self._reason_names, state="readonly", font=theme.body)
        if draft.reason:
            self.reason.current(REASONS.index(draft.reason))
        else:
            self.reason.set(say(words.CHOOSE))
        self.reason.pack(fill="x", pady=(theme.px(2), 0))
        self._line(say(words.WORDS), theme.small, look.MUTED, 8)
        self.words = self._text_field(draft.words)
        self._line(say(words.CALLBACK), theme.small, look.MUTED, 8)
        self.callback = ttk.Entry(self, font=theme.body)
        self.callback.insert(0, draft.callback)
        self.callback.pack(fill="x", pady=(theme.px(2), 0))
        # Without a variable of Tk's, whose finaliser would call Tk from any thread.
        self.text_only = ttk.Checkbutton(self, text=say(words.TEXT_ONLY), command=self._typed)
        self.text_only.state(["!alternate", "selected" if draft.text_only else "!selected"])
        self.text_only.pack(anchor="w", pady=(theme.px(6), 0))
        self._line(say(words.CODES), theme.small, look.MUTED, 4)
        self.button = ttk.Button(self, style="Primary.TButton", command=self._submit)
        self.button.pack(anchor="w", pady=(theme.px(8), 0))
        self.reason.bind("<<ComboboxSelected>>", lambda _: self._typed())
        for widget in (self.words, self.callback):
            widget.bind("<KeyRelease>", lambda _: self._typed())
        self.callback.bind("<Return>", lambda _: self._submit())
        self._typed()

    def _draw_last(self) -> None:
        """Show how an earlier request ended, and what was answered."""
        answer = self._desk.state.answer
        if answer is None:
            return
        last = words.LAST.filled({"number": _spaced(answer.number), "status": answer.status})
        self._line(self._say(last), self._theme.small, look.GOOD, 4)
        self._draw_answers(answer)

    def _text_field(self, text: str) -> tk.Text:
        theme = self._theme
        field = tk.Text(
            self,
            height=3,
            width=1,
            wrap="char",
            font=theme.body,
            background=look.PAGE,
            foreground=look.TEXT,
            relief="flat",
            borderwidth=0,
            highlightthickness=1,
            highlightbackground=look.BORDER,
            highlightcolor=look.ACCENT,
            padx=theme.px(8),
            pady=theme.px(6),
        )
        field.insert("1.0", text)
        field.bind("<Tab>", lambda _: self._leave_field(forward=True))
        for key in ("<Shift-Tab>", "<<PrevWindow>>"):
            field.bind(key, lambda _: self._leave_field(forward=False))
        field.pack(fill="x", pady=(theme.px(2), 0))
        return field

    def _leave_field(self, *, forward: bool) -> str:
        """Move the focus: a Tab in the field would be text, which the keyboard could not leave."""
        target = self.words.tk_focusNext() if forward else self.words.tk_focusPrev()
        if target is not None:
            target.focus_set()
        return "break"

    def _typed(self) -> None:
        """Keep what is typed for the next drawing."""
        chosen, is_text_only = self.reason.current(), self.text_only.instate(["selected"])
        self._desk.draft = HelpDraft(
            REASONS[chosen] if chosen >= 0 else "",
            self.words.get("1.0", "end-1c"),
            self.callback.get(),
            is_text_only,
        )
        self.callback.state(["disabled" if is_text_only else "!disabled"])

    def _submit(self) -> None:
        self._typed()
        self._desk.submit()

    # ------------------------------------------------------------------------- a request and its state

    def _draw_kept(self) -> None:
        self._line(self._say(words.KEPT_TITLE), self._theme.strong, look.WARN, 0)
        self._line(self._say(words.KEPT), self._theme.body, look.TEXT, 6)
        self._draw_pictures()
        self._draw_withdraw()

    def _draw_open(self) -> None:
        answer = self._desk.state.answer
        if answer is None:
            return
        theme, say = self._theme, self._say
        self._line(say(words.OWN), theme.strong, look.TEXT, 0)
        self._line(say(answer.status), theme.brand, look.ACCENT, 6)
        self._line(_filled(say, words.NUMBER, number=_spaced(answer.number)), theme.body, look.TEXT, 4)
        if answer.place is not None:
            parts = [_filled(say, words.PLACE, place=answer.place)]
            if answer.answered_from is not None:
                parts.append(say(words.ANSWERED_FROM.filled({"when": dates.opening(answer.answered_from)})))
            elif answer.wait_minutes is not None:
                parts.append(_filled(say, words.WAIT, minutes=answer.wait_minutes))
            self._line(say(Text(", ".join(parts), "，".join(parts))), theme.body, look.TEXT, 4)
        if answer.callback is not None:
            self._line(_filled(say, words.WILL_CALL, callback=answer.callback), theme.body, look.TEXT, 4)
            numbers = "  ".join(answer.calls_from)
            self._line(_filled(say, words.CALLS_FROM, numbers=numbers), theme.body, look.TEXT, 4)
        for incident in answer.incidents:
            self._line(say(_incident_text(incident)), theme.body, look.WARN, 6)
        self._draw_answers(answer)
        self._draw_pictures()
        self._draw_withdraw()

    def _draw_answers(self, answer: HelpAnswer) -> None:
        for text in answer.answers:
            self._line(_filled(self._say, words.ANSWER, words=text), self._theme.body, look.GOOD, 6)

    def _draw_pictures(self) -> None:
        self.pictures = HelpPicturesBox(self, self._theme, self._say, self._desk, self._width)
        self.pictures.pack(fill="x")

    def _draw_withdraw(self) -> None:
        self.button = ttk.Button(
            self, text=self._say(words.WITHDRAW), style="Plain.TButton", command=self._desk.withdraw
        )
        self.button.pack(anchor="w", pady=(self._theme.px(12), 0))

    def _line(
        self, text: str, font: tkfont.Font, colour: str, above: int, parent: Optional[tk.Misc] = None
    ) -> None:
        row = label(parent or self, text, font, colour, self._width)
        row.pack(anchor="w", pady=(self._theme.px(above), 0))


def _incident_text(incident: Announcement) -> Text:
    if incident.since is None:
        return words.INCIDENT.filled({"words": incident.words})
    # What was announced during this exam needs no year.
    since = dates.opening(incident.since, incident.since)
    return words.INCIDENT_SINCE.filled({"words": incident.words, "since": since})


def _spaced(number: str) -> str:
    """A request's number in two groups, as it is read out."""
    return f"{number[:4]} {number[4:]}"


def _filled(say: Callable[[Text], str], text: Text, **values: object) -> str:
    return say(text.filled(values))
