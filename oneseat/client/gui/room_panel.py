"""Panels about an attempt in the exam's own room: its times, a lost window, the upload, the end."""

from __future__ import annotations

import tkinter as tk
from datetime import datetime
from typing import Dict, Tuple

from oneseat.client.gui import room_words as words
from oneseat.client.gui import session_words
from oneseat.client.gui import theme as look
from oneseat.client.gui.notice import Notice
from oneseat.client.gui.session_entry import EntryState
from oneseat.client.gui.shell import Say
from oneseat.client.gui.theme import Theme, label
from oneseat.client.sessions import room_state
from oneseat.client.sessions.room_state import RoomView
from signing import dates
from signing.charter import Charter
from signing.text import Text

_COLOURS: Dict[str, Tuple[str, str]] = {
    room_state.AWAY: (look.BAD, look.BAD_PAGE),
    room_state.LOST: (look.BAD, look.BAD_PAGE),
    room_state.COMPLETE: (look.GOOD, look.GOOD_PAGE),
}


class RoomPanel(Notice):
    """What became of an attempt once its window has come: first what happened, then what to do."""

    def __init__(self, parent: tk.Misc, theme: Theme, say: Say, view: RoomView, width: int) -> None:
        colour, page = _COLOURS.get(view.stage, (look.ACCENT, look.BAR))
        super().__init__(parent, theme, colour, page)
        first, more = panel_texts(view)
        inner = width - theme.px(40)
        label(self.inside, say(first), theme.strong, colour, inner).pack(anchor="w")
        label(self.inside, say(more), theme.body, look.TEXT, inner).pack(anchor="w", pady=(theme.px(5), 0))


class AttemptTimes(tk.Frame):
    """From when to when the candidate answers, as the room says; takes no room before it says so."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, say: Say, view: RoomView, charter: Charter, width: int
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        attempt = view.answer.attempt if view.answer is not None else None
        if attempt is None or attempt.starts_at is None or attempt.ends_at is None:
            return
        zone = charter.ends.tzinfo
        hours = dates.hours(attempt.starts_at.astimezone(zone), attempt.ends_at.astimezone(zone))
        times = words.TIMES if attempt.paused_until is None else words.TIMES_PAUSED
        text = say(times.filled({"hours": hours}))
        label(self, text, theme.body, look.TEXT, width).pack(anchor="w")
        self.pack(fill="x", pady=(0, theme.px(8)))


def paused_text(until: datetime, *, inside: bool) -> Text:
    """That the exam is paused, and until when at the latest; ``until`` is in the exam's zone.

    Who is ``inside`` the room is also told to stay in the picture.
    """
    ends = dates.clock(until)
    return (words.PAUSED_INSIDE if inside else words.PAUSED).filled({"ends": Text(ends, ends)})


def panel_texts(view: RoomView) -> Tuple[Text, Text]:
    """What happened, and what to do."""
    if view.stage == room_state.AWAY:
        return words.AWAY, words.AWAY_ADVICE
    if view.stage == room_state.COMPLETE:
        return words.COMPLETE, words.COMPLETE_MORE
    if view.stage == room_state.LOST:
        return words.LOST, words.LOST_ADVICE
    if view.fault:
        first = words.RECEIVED if view.answer is not None else words.UPLOADING_BEFORE_LOGIN
        return first, words.RETRYING.filled({"code": view.fault})
    if view.minutes is None:
        return words.RECEIVED, words.LEFT_UNTIMED.filled({"mb": view.left_mb})
    return words.RECEIVED, words.LEFT.filled({"mb": view.left_mb, "minutes": view.minutes})


def late_cause(state: EntryState, view: object) -> Text:
    """Why an entry is late: the browser has not come, or the room has not seen it, or is out of reach."""
    if not state.waits:
        return session_words.NOT_OPENED
    if isinstance(view, RoomView) and view.fault:
        return words.ROOM_SILENT.filled({"code": view.fault})
    return words.ROOM_NOT_OPENED
