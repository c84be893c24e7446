"""What every page stands in: steps on the left, the bar with 求助 in the lower right."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Callable, Optional

from client.window import theme as look
from client.window import words
from client.window.theme import Theme
from signing.charter import Charter
from signing.errors import Text

Say = Callable[[Text], str]
"""Chooses the language of a text."""


class Shell(tk.Frame):
    """The frame around the pages; :attr:`page` is where they go."""

    def __init__(
        self, root: tk.Tk, theme: Theme, charter: Charter, build: str, say: Say, switch: Callable[[], None]
    ) -> None:
        super().__init__(root, background=look.PAGE)
        self._theme, self._charter, self._say = theme, charter, say
        self._help: Optional[tk.Frame] = None
        self._steps: list[tk.Label] = []
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._build_rail(switch)
        self.page = tk.Frame(self, background=look.PAGE)
        self.page.grid(row=0, column=1, sticky="nsew", padx=theme.px(40), pady=(theme.px(32), theme.px(12)))
        self._build_bar(build)
        root.bind("<F1>", lambda _: self.toggle_help())
        root.bind("<Escape>", lambda _: self.close_help())

    def show_step(self, current: int) -> None:
        """Mark the step that is on; those before it are done."""
        for position, label in enumerate(self._steps):
            on = position == current
            label.configure(
                background=look.RAIL_CURRENT if on else look.RAIL,
                foreground=look.RAIL_TEXT if on else look.RAIL_MUTED,
                font=self._theme.strong if on else self._theme.body,
            )

    def toggle_help(self) -> None:
        """Open the help panel, or close it."""
        if self._help is None:
            self._open_help()
        else:
            self.close_help()

    def close_help(self) -> None:
        """Close the help panel where it is open."""
        if self._help is not None:
            self._help.destroy()
            self._help = None
            self._help_button.focus_set()

    def _build_rail(self, switch: Callable[[], None]) -> None:
        px = self._theme.px
        rail = tk.Frame(self, background=look.RAIL, width=px(224))
        rail.grid(row=0, column=0, rowspan=2, sticky="ns")
        rail.grid_propagate(flag=False)
        rail.columnconfigure(0, weight=1)
        rail.rowconfigure(20, weight=1)
        width = px(224 - 48)
        self._rail_label(rail, self._charter.product, self._theme.brand, look.RAIL_TEXT, width).grid(
            row=0, sticky="w", padx=px(24), pady=(px(28), px(6))
        )
        self._rail_label(rail, self._charter.title, self._theme.small, look.RAIL_MUTED, width).grid(
            row=1, sticky="w", padx=px(24), pady=(0, px(28))
        )
        for position, step in enumerate(words.STEPS):
            label = tk.Label(
                rail,
                text=f"{position + 1}   {self._say(step)}",
                anchor="w",
                padx=px(24),
                pady=px(10),
                background=look.RAIL,
                foreground=look.RAIL_MUTED,
                font=self._theme.body,
            )
            label.grid(row=2 + position, sticky="ew")
            self._steps.append(label)
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
        language.grid(row=21, sticky="w", padx=px(18), pady=px(16))

    def _rail_label(self, rail: tk.Frame, text: Text, font: object, colour: str, wraplength: int) -> tk.Label:
        return tk.Label(
            rail,
            text=self._say(text),
            font=font,  # type: ignore[arg-type]
            background=look.RAIL,
            foreground=colour,
            justify="left",
            wraplength=wraplength,
        )

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
        self._help_button.grid(row=0, column=1, padx=px(24), pady=px(10))

    def _open_help(self) -> None:
        px, support = self._theme.px, self._charter.support
        panel = tk.Frame(
            self,
            background=look.PAGE,
            highlightthickness=1,
            highlightbackground=look.BORDER,
            padx=px(24),
            pady=px(20),
        )
        self._help = panel
        self._line(panel, self._say(words.HELP_TITLE), self._theme.brand, look.TEXT, 0)
        self._line(panel, self._say(words.HOTLINE), self._theme.small, look.MUTED, 12)
        self._line(panel, support.hotline, self._theme.title, look.ACCENT, 0)
        self._line(panel, self._say(words.CALLS_FROM), self._theme.small, look.MUTED, 12)
        for number in support.calls_from:
            self._line(panel, number, self._theme.strong, look.TEXT, 2)
        self._line(panel, self._say(words.NEVER_CALL_BACK), self._theme.small, look.WARN, 4)
        if support.desk_url:
            self._line(panel, self._say(words.DESK), self._theme.small, look.MUTED, 12)
            self._line(panel, self._say(support.desk_name), self._theme.strong, look.TEXT, 2)
            self._line(panel, support.desk_url, self._theme.small, look.ACCENT, 2)
        close = ttk.Button(panel, text=self._say(words.CLOSE), style="Plain.TButton", command=self.close_help)
        close.pack(anchor="e", pady=(px(16), 0))
        bar_height = self._help_button.winfo_height() + px(20)
        panel.place(relx=1.0, rely=1.0, x=-px(24), y=-bar_height - px(8), anchor="se")
        close.focus_set()

    def _line(self, panel: tk.Frame, text: str, font: object, colour: str, above: int) -> None:
        tk.Label(
            panel,
            text=text,
            font=font,  # type: ignore[arg-type]
            background=look.PAGE,
            foreground=colour,
            justify="left",
            wraplength=self._theme.px(340),
        ).pack(anchor="w", pady=(self._theme.px(above), 0))
