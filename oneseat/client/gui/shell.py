"""Frame around every page: steps on the left, the bar with 求助 below."""

from __future__ import annotations

import tkinter as tk
from functools import partial
from tkinter import ttk
from typing import Callable, Collection, List, NamedTuple, Optional, Tuple

from oneseat.client.gui import theme as look
from oneseat.client.gui import words
from oneseat.client.gui.help import HelpActions, HelpPanel
from oneseat.client.gui.scrolled import Scrolled
from oneseat.client.gui.theme import Theme, label
from signing.charter import Charter
from signing.text import Text

Say = Callable[[Text], str]
"""Translates a text into the current language."""


class PageContext(NamedTuple):
    """What every page needs: theme, translation, and its width in pixels."""

    theme: Theme
    say: Say
    width: int


_RAIL, _PAGE_LEFT, _PAGE_RIGHT = 224, 40, 40
"""Widths in pixels at 96 per inch; the last includes the scroll bar."""


_LOW = 420
"""Height in the same pixels below which margins shrink: 200 % on a screen of 768 lines leaves 324."""


_UNLIMITED = 1 << 15


def _size(root: tk.Tk) -> Tuple[int, int]:
    """Width and height of the window in pixels."""
    root.update_idletasks()
    # Before it is shown, a window has only its requested size on some systems.
    if root.winfo_viewable():
        return root.winfo_width(), root.winfo_height()
    return root.winfo_reqwidth(), root.winfo_reqheight()


class _Step(tk.Frame):
    """One step in the rail: number (or a tick if done) and name. An open step can be chosen."""

    def __init__(self, rail: tk.Frame, theme: Theme, number: str, name: str, pad: int) -> None:
        px = theme.px
        super().__init__(
            rail,
            background=look.RAIL,
            padx=px(23),
            pady=px(pad),
            highlightthickness=px(1),
            highlightbackground=look.RAIL,
            highlightcolor=look.RAIL_TEXT,
        )
        self._theme, self._number = theme, number
        self._choose: Optional[Callable[[], None]] = None
        self.columnconfigure(0, minsize=px(26))
        self._mark = label(self, number, theme.body, look.RAIL_MUTED)
        self._mark.grid(row=0, column=0, sticky="w")
        self._name = label(self, name, theme.body, look.RAIL_MUTED)
        self._name.grid(row=0, column=1, sticky="w")
        for part in (self, self._mark, self._name):
            part.bind("<Button-1>", lambda _: self.choose())
        for key in ("<Return>", "<space>"):
            self.bind(key, lambda _: self.choose())

    def choose(self) -> None:
        """Go to this step if it is open."""
        if self._choose is not None:
            self._choose()

    def open(self, choose: Optional[Callable[[], None]]) -> None:
        """Make this step selectable by mouse and keyboard; None disables it."""
        self._choose = choose
        self.configure(takefocus=choose is not None)
        for part in (self, self._mark, self._name):
            part.configure(cursor="hand2" if choose else "")

    def mark(self, sign: str) -> None:
        """Show a sign instead of the number; an empty one shows the number."""
        self._mark.configure(text=sign or self._number)

    def show(self, *, on: bool, done: bool) -> None:
        """Display the step as current, done, or to come."""
        background = look.RAIL_CURRENT if on else look.RAIL
        self.configure(background=background, highlightbackground=background)
        self._mark.configure(text="✓" if done else self._number)
        for part in (self._mark, self._name):
            part.configure(
                background=background,
                foreground=look.RAIL_TEXT if on or done or self._choose else look.RAIL_MUTED,
                font=self._theme.strong if on else self._theme.body,
            )


class Shell(tk.Frame):
    """The frame around the pages; :attr:`page` is where they go."""

    def __init__(
        self,
        root: tk.Tk,
        context: PageContext,
        charter: Charter,
        build: str,
        switch: Callable[[], None],
        help_actions: HelpActions,
    ) -> None:
        super().__init__(root, background=look.PAGE)
        theme, say, _ = context
        self._theme, self._charter, self._say, self._help_actions = theme, charter, say, help_actions
        self._help: Optional[HelpPanel] = None
        self._focus_before: tk.Misc = self
        self._steps: List[_Step] = []
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._is_low = _size(root)[1] < theme.px(_LOW)
        self._build_rail(switch)
        area = Scrolled(self, look.PAGE)
        area.grid(
            row=0,
            column=1,
            sticky="nsew",
            padx=(theme.px(_PAGE_LEFT), theme.px(8)),
            pady=(theme.px(self._space(28)), 0),
        )
        self.page = area.inside
        self.context = PageContext(theme, say, self._page_width(root))
        self._build_bar(build)
        root.bind_class("TButton", "<Return>", lambda event: root.tk.call(str(event.widget), "invoke"))
        root.bind("<F1>", lambda _: self.toggle_help())
        root.bind("<Escape>", lambda _: self.close_help())

    def _page_width(self, root: tk.Tk) -> int:
        """Width of a page in pixels, so that nothing is cut off at the right."""
        return _size(root)[0] - self._theme.px(_RAIL + _PAGE_LEFT + _PAGE_RIGHT)

    def _space(self, pixels: int) -> int:
        """A margin, smaller in a window that is low for its scale."""
        return pixels // 3 if self._is_low else pixels

    def show_step(
        self, current: int, done: Collection[int], open_steps: Collection[int], choose: Callable[[int], None]
    ) -> None:
        """Mark the current step and those done; ``choose`` is called with the open step that is chosen."""
        for position, step in enumerate(self._steps):
            other = position in open_steps and position != current
            step.open(partial(choose, position) if other else None)
            step.show(on=position == current, done=position in done)

    def mark(self, step: int, sign: str) -> None:
        """Mark an open step that is not the current one with a sign instead of its number."""
        self._steps[step].mark(sign)

    @property
    def helps(self) -> bool:
        """Whether the help panel is open."""
        return self._help is not None

    def toggle_help(self) -> None:
        """Open or close the help panel."""
        if self._help is None:
            self._open_help()
        else:
            self.close_help()

    def close_help(self) -> None:
        """Close the help panel if it is open."""
        if self._help is not None:
            self._help.destroy()
            self._help = None
            self._focus_before.focus_set()

    def _build_rail(self, switch: Callable[[], None]) -> None:
        px = self._theme.px
        rail = tk.Frame(self, background=look.RAIL, width=px(_RAIL))
        rail.grid(row=0, column=0, rowspan=2, sticky="ns")
        rail.grid_propagate(flag=False)
        rail.columnconfigure(0, weight=1)
        rail.rowconfigure(20, weight=1)
        width = px(_RAIL - 48)
        product, title = self._say(self._charter.product), self._say(self._charter.title)
        label(rail, product, self._theme.brand, look.RAIL_TEXT, width).grid(
            row=0, sticky="w", padx=px(24), pady=(px(self._space(28)), px(6))
        )
        label(rail, title, self._theme.small, look.RAIL_MUTED, width).grid(
            row=1, sticky="w", padx=px(24), pady=(0, px(self._space(28)))
        )
        for position in range(len(words.STEPS)):
            name = self._say(words.STEPS[position])
            step = _Step(rail, self._theme, str(position + 1), name, 4 if self._is_low else 9)
            step.grid(row=2 + position, sticky="ew")
            self._steps.append(step)
        language = tk.Label(
            rail,
            text=self._say(words.OTHER_LANGUAGE),
            background=look.RAIL,
            foreground=look.RAIL_MUTED,
            font=self._theme.small,
            cursor="hand2",
            takefocus=True,
            highlightthickness=1,
            highlightbackground=look.RAIL,
            highlightcolor=look.RAIL_MUTED,
            padx=px(6),
            pady=px(2),
        )
        for event in ("<Button-1>", "<Return>", "<space>"):
            language.bind(event, lambda _: switch())
        language.grid(row=21, sticky="w", padx=px(18), pady=px(self._space(16)))

    def _build_bar(self, build: str) -> None:
        px = self._theme.px
        bar = tk.Frame(self, background=look.BAR)
        bar.grid(row=1, column=1, sticky="ew")
        bar.columnconfigure(0, weight=1)
        version = self._say(words.VERSION).format(build=build[:8], charter=self._charter.version)
        tk.Label(bar, text=version, font=self._theme.small, background=look.BAR, foreground=look.MUTED).grid(
            row=0, column=0, sticky="w", padx=px(40)
        )
        self._help_button = ttk.Button(
            bar, text=self._say(words.HELP), style="Primary.TButton", command=self.toggle_help
        )
        self._help_button.grid(row=0, column=1, padx=px(24), pady=px(self._space(10)))

    def _open_help(self) -> None:
        px = self._theme.px
        self.update_idletasks()  # a frame just made has no size yet
        actions = self._help_actions._replace(close=self.close_help)
        self._focus_before = self.focus_get() or self._help_button
        bar_height = self._help_button.winfo_height() + px(20)
        width, height = self.winfo_width() - px(32), self.winfo_height() - bar_height - px(16)
        panel = self._help_panel(actions, 1)
        if panel.winfo_reqheight() > height:
            panel.destroy()
            panel = self._help_panel(actions, 2)
        if panel.winfo_reqwidth() > width:
            panel.destroy()
            panel = self._help_panel(actions, 1)
        panel.fit(height)
        self._help = panel
        self._help.place(relx=1.0, rely=1.0, x=-px(24), y=-bar_height - px(8), anchor="se")
        self._help.focus_first()

    def _help_panel(self, actions: HelpActions, columns: int) -> HelpPanel:
        """Create the panel at its full height, to be measured."""
        panel = HelpPanel(self, self._theme, self._say, self._charter, actions, columns)
        self.update_idletasks()
        panel.fit(_UNLIMITED)
        return panel
