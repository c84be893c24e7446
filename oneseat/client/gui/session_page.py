"""Page of one kind of session: its times, a countdown, instructions, and the button to enter."""

from __future__ import annotations

import tkinter as tk
from datetime import datetime, timedelta, tzinfo
from functools import partial
from tkinter import ttk
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from oneseat.client import schedule
from oneseat.client.computer.sleep_watch import Sleep
from oneseat.client.gui import room_words
from oneseat.client.gui import session_words as words
from oneseat.client.gui import theme as look
from oneseat.client.gui.line_breaks import break_lines
from oneseat.client.gui.mock_panel import MockPanel
from oneseat.client.gui.notice import Notice, Refusal
from oneseat.client.gui.room_panel import AttemptTimes, RoomPanel, late_cause, paused_text
from oneseat.client.gui.scrolled import reveal
from oneseat.client.gui.session_entry import EntryState, SessionEntry
from oneseat.client.gui.session_panels import Concerns, Late, LatePanel, SeenPanel, SleptPanel
from oneseat.client.gui.shell import PageContext
from oneseat.client.gui.theme import label
from oneseat.client.health.check import Finding
from oneseat.client.local.mock_progress import MockProgress
from oneseat.client.sessions import room_state
from oneseat.client.sessions.held_session import HeldSession
from oneseat.client.sessions.room_state import RoomView
from oneseat.client.sessions.session_windows import SessionWindow
from signing import dates, session_times
from signing.charter import Charter
from signing.text import Text


class SessionFacts(NamedTuple):
    """The time, whether it is the portal's, findings of the health check that block, and the way there."""

    now: datetime
    time_is_synchronised: bool
    concerns: Callable[[], Sequence[Finding]]
    to_health: Callable[[], None]


class SessionPage(tk.Frame):
    """Page for mock or formal sessions. :meth:`tick` updates the countdown once a second."""

    WIDTH = 640

    def __init__(
        self, parent: tk.Misc, context: PageContext, kind: str, entry: SessionEntry, facts: SessionFacts
    ) -> None:
        super().__init__(parent, background=look.PAGE)
        self._theme, self._say, width = context
        self._kind, self._entry, self._charter = kind, entry, entry.acceptance.charter
        self._width = min(width, self._theme.px(self.WIDTH))
        self._facts, self._now = facts, facts.now
        self._session = entry.session(kind, facts.now)
        self.columnconfigure(0, minsize=self._width)
        name = schedule.KIND_NAMES[kind]
        label(self, self._say(name), self._theme.title, look.TEXT).grid(sticky="w")
        self._add_times()
        self._mock = MockPanel(self, self._theme, self._say, self._charter, self._width)
        self._mock.grid(sticky="ew")
        self._add_instructions()
        self._concerns = Concerns(self, self._theme, self._say, kind, self._width, facts.to_health)
        self._concerns.grid(sticky="ew")
        self.button = ttk.Button(
            self, text=self._say(words.ENTER), style="Primary.TButton", command=partial(entry.enter, kind)
        )
        self.button.grid(sticky="w", pady=(self._theme.px(4), self._theme.px(14)), ipadx=self._theme.px(16))
        self._outcome = tk.Frame(self, background=look.PAGE)
        self._outcome.grid(sticky="ew")
        text = self._say(words.TIME_FROM_PORTAL if facts.time_is_synchronised else words.TIME_FROM_COMPUTER)
        colour = look.MUTED if facts.time_is_synchronised else look.WARN
        label(self, text, self._theme.small, colour, self._width).grid(
            sticky="w", pady=(self._theme.px(12), 0)
        )
        self._revealed: Tuple[object, ...] = ()
        entry.changed = self.refresh
        self.bind("<Destroy>", lambda event: self._leave() if event.widget is self else None)
        self.refresh()
        self.tick(facts.now)

    def focus_first(self) -> None:
        """Focus the page, not its button: pressing Enter twice must not enter an exam."""
        self.focus_set()

    def show_mock(self, progress: Optional[MockProgress], now: datetime) -> None:
        """Show how far the candidate came in the mock interviews, below the times."""
        self._mock.refresh(progress, now)

    def tick(self, now: datetime) -> None:
        """Update the countdown."""
        self._now = now
        entered = self._entry.state(self._kind).entered
        self._concerns.refresh(() if entered else self._facts.concerns())
        before, session = self._session, self._entry.session(self._kind, now)
        if session != before:
            self._session = session
            self._when.configure(text=self._when_text())
            self.refresh()
        self._show_pause()
        if session is None:
            self._until.configure(text=self._say(words.OVER))
            self._left.configure(text="")
            return
        self._until.configure(text=self._say(schedule.until(session, now)))
        colour = look.WARN if session.stands else look.GOOD if session.window.is_open(now) else look.ACCENT
        self._left.configure(text=self._say(schedule.countdown(session.left(now))), foreground=colour)

    def refresh(self) -> None:
        """Update button and panels from the entry state."""
        state, theme, say = self._entry.state(self._kind), self._theme, self._say
        view = self._entry.room_view(self._kind)
        again = state.entered or (view is not None and view.stage in (room_state.INSIDE, room_state.AWAY))
        name = words.ASKING if state.asking else words.AGAIN if again else words.ENTER
        self.button.configure(text=say(name))
        self.button.state(["disabled" if state.asking else "!disabled"])
        for child in self._outcome.winfo_children():
            child.destroy()
        if state.admission is not None and self._entry.slept is not None:
            self._show_sleep(self._entry.slept)
        if state.admission is not None and not state.entered:
            self._show_opening(state, view)
        elif view is not None and view.stage not in (room_state.WAITING, room_state.INSIDE):
            RoomPanel(self._outcome, theme, say, view, self._width).pack(fill="x", pady=(0, theme.px(8)))
        elif state.admission is not None:
            ends = self._entry.ends_of(self._kind, state.admission, self._now)
            self._show_admission(ends, state.admission.response.warning)
            if view is not None:
                AttemptTimes(self._outcome, theme, say, view, self._charter, self._width)
        for finding in self._entry.seen if state.admission is not None else ():
            SeenPanel(self._outcome, theme, say, finding, self._width).pack(fill="x", pady=(0, theme.px(8)))
        if state.refusal is not None:
            Refusal(self._outcome, theme, say, state.refusal, self._width).pack(
                fill="x", pady=(0, theme.px(8))
            )

        self._reveal(state)

    def _reveal(self, state: EntryState) -> None:
        """Scroll to a new outcome and give it the focus; findings during a session take none."""
        view = self._entry.room_view(self._kind)
        stage = view.stage if view is not None else ""
        outcome = (state.refusal, state.entered, state.address, state.is_late, self._entry.slept, stage)
        if outcome == self._revealed:
            return
        self._revealed = outcome
        if state.refusal is not None or state.admission is not None:
            self._outcome.focus_set()
            reveal(self._outcome)

    def _add_times(self) -> None:
        px = self._theme.px
        card = tk.Frame(self, background=look.BAR, padx=px(20), pady=px(14))
        card.grid(sticky="ew", pady=(px(10), px(14)))
        self._when = label(card, self._when_text(), self._theme.body, look.TEXT)
        self._when.pack(anchor="w")
        line = tk.Frame(card, background=look.BAR)
        line.pack(anchor="w", pady=(px(8), 0))
        self._until = label(line, "", self._theme.body, look.MUTED)
        self._until.pack(side="left", anchor="s", pady=(0, px(3)))
        self._left = label(line, "", self._theme.title, look.ACCENT)
        self._left.pack(side="left", anchor="s", padx=(px(12), 0))
        self._paused = label(card, "", self._theme.strong, look.WARN)

    def _show_pause(self) -> None:
        """Say below the countdown that the exam is paused, and until when at the latest."""
        until = self._session.paused_until if self._session is not None else None
        if until is None:
            self._paused.configure(text="")
            self._paused.pack_forget()
            return
        view = self._entry.room_view(self._kind)
        inside = view is not None and view.stage == room_state.INSIDE
        text = self._say(paused_text(until, inside=inside))
        width = self._width - self._theme.px(40)
        self._paused.configure(text=break_lines(text, width, self._theme.strong.measure))
        self._paused.pack(anchor="w", pady=(self._theme.px(8), 0))

    def _when_text(self) -> str:
        window = self._session.window if self._session is not None else None
        if window is None:
            return self._say(words.NONE_LEFT)
        day, hours = self._say(dates.day(window.opens)), self._say(dates.hours(window.opens, window.ends))
        return break_lines(
            f"{day}  {hours}{self._say(_last_login(window))}",
            self._width - self._theme.px(40),
            self._theme.body.measure,
        )

    def _add_instructions(self) -> None:
        px = self._theme.px
        notice = Notice(self, self._theme, look.WARN, look.WARN_PAGE)
        notice.grid(sticky="ew", pady=(0, px(14)))
        inner = self._width - px(40)
        first, *others = before_entering(self._charter, self._kind)
        label(notice.inside, self._say(first), self._theme.strong, look.WARN, inner).pack(anchor="w")
        for text in others:
            label(notice.inside, self._say(text), self._theme.body, look.TEXT, inner).pack(
                anchor="w", pady=(px(5), 0)
            )

    def _show_admission(self, ends: datetime, warning: Optional[Text]) -> None:
        px = self._theme.px
        notice = Notice(self._outcome, self._theme, look.GOOD, look.GOOD_PAGE)
        notice.pack(fill="x", pady=(0, px(8)))
        inner = self._width - px(40)
        when = dates.deadline(ends.astimezone(self._charter.ends.tzinfo))
        paused = self._session is not None and self._session.paused_until is not None
        let_in = self._say(words.LET_IN_PAUSED if paused else words.LET_IN).format(when=self._say(when))
        label(notice.inside, let_in, self._theme.strong, look.GOOD, inner).pack(anchor="w")
        label(notice.inside, self._say(words.STAY), self._theme.body, look.TEXT, inner).pack(
            anchor="w", pady=(px(5), 0)
        )
        if warning is not None:
            notice = Notice(self._outcome, self._theme, look.WARN, look.WARN_PAGE)
            notice.pack(fill="x", pady=(0, px(8)))
            label(notice.inside, self._say(warning), self._theme.strong, look.WARN, inner).pack(anchor="w")

    def _show_sleep(self, slept: Sleep) -> None:
        when = slept_when(slept, self._charter.ends.tzinfo)
        panel = SleptPanel(self._outcome, self._theme, self._say, when, self._width)
        panel.pack(fill="x", pady=(0, self._theme.px(8)))

    def _show_opening(self, state: EntryState, view: Optional[RoomView]) -> None:
        """Show that browser or room are being opened or, if that is late, how to open them again."""
        theme, say, below = self._theme, self._say, self._theme.px(8)
        self.late: Optional[LatePanel] = None
        if state.is_late:
            reopen = partial(self._entry.reopen, self._kind)
            late = Late(late_cause(state, view), state.address)
            self.late = LatePanel(self._outcome, theme, say, late, reopen, self._width)
            self.late.pack(fill="x", pady=(0, below))
            return
        notice = Notice(self._outcome, theme, look.ACCENT, look.BAR)
        notice.pack(fill="x", pady=(0, below))
        text = room_words.WAITING if state.waits else words.OPENING
        label(notice.inside, say(text), theme.strong, look.ACCENT).pack(anchor="w")

    def _leave(self) -> None:
        if self._entry.changed == self.refresh:
            self._entry.changed = lambda: None


def before_entering(charter: Charter, kind: str) -> List[Text]:
    """Instructions before a session is entered; the phone comes first."""
    companion = charter.companion
    phone = words.PHONE_FIRST
    texts = [Text(phone.en.format(companion=companion.en), phone.zh.format(companion=companion.zh))]
    if kind == session_times.MOCK:
        return [*texts, words.MOCK_ONCE, words.PLACE]
    return [*texts, words.FORMAL_ONCE, words.PLACE]


def _last_login(window: SessionWindow) -> Text:
    if window.last_login >= window.ends:
        return Text("", "")
    last_login = dates.closing_clock(window.last_login)
    return Text(f", last login {last_login}", f"，{last_login} 截止登录")


def slept_when(slept: Sleep, zone: Optional[tzinfo]) -> Text:
    """From when to when the computer slept, to the minute, in the exam's zone."""
    began, ended = (moment.astimezone(zone).replace(second=0, microsecond=0) for moment in slept)
    return dates.with_zone(dates.hours(began, ended), began)


def clock_warning(ahead: timedelta) -> Optional[Text]:
    """Warning about a clock that is minutes off; None if it is right."""
    off = abs(ahead)
    if round(off.total_seconds() / 60) < words.CLOCK_MINUTES:
        return None
    texts = words.CLOCK_AHEAD if ahead > timedelta(0) else words.CLOCK_BEHIND
    return texts.filled({"off": schedule.roughly(off)})


def next_line(session: Optional[HeldSession], now: datetime) -> Optional[Text]:
    """The next event of either kind with its countdown, on one line; None if all is over."""
    if session is None:
        return None
    window, until = session.window, schedule.until(session, now)
    left = schedule.countdown(session.left(now))
    if window.is_open(now) and window.kind == session_times.FORMAL:
        name = schedule.KIND_NAMES[window.kind]
        until = Text(f"{name.en}: {until.en[0].lower()}{until.en[1:]}", f"{name.zh}{until.zh}")
    return Text(f"{until.en}: {left.en}", f"{until.zh}：{left.zh}")
