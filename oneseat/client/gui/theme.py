"""Colours, sizes scaled to the screen, fonts with Chinese glyphs, widget styles."""

from __future__ import annotations

import sys
import tkinter as tk
from tkinter import font as tkfont
from tkinter import ttk

from oneseat.client.gui.line_breaks import break_lines

RAIL = "#17324d"
RAIL_TEXT = "#ffffff"
RAIL_MUTED = "#8fa5bb"
RAIL_CURRENT = "#24496d"
ACCENT = "#1f6fd6"
ACCENT_DARK = "#1857ab"
PAGE = "#ffffff"
BAR = "#f4f6f9"
LINE = "#dde3ea"
BORDER = "#b8c4d0"
TEXT = "#1f2a37"
MUTED = "#4c5b6b"
BAD = "#b3261e"
BAD_PAGE = "#fdf1f0"
GOOD = "#1b7f4b"
GOOD_PAGE = "#edf8f1"
WARN = "#8a5a00"
WARN_PAGE = "#fff7e5"

_FAMILIES = (
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "Noto Sans CJK SC",
    "SimSun",
)
_BASE_DPI = 96


def be_dpi_aware() -> None:
    """Turn off Windows' own scaling; call it before the first window, which scales itself."""
    if sys.platform == "win32":
        import ctypes

        ctypes.WinDLL("user32").SetProcessDPIAware()


class Theme:
    """Sizes, fonts and widget styles for one root window."""

    def __init__(self, root: tk.Tk) -> None:
        self.scale = max(1.0, root.winfo_fpixels("1i") / _BASE_DPI)
        family = next((name for name in _FAMILIES if name in set(tkfont.families(root))), None)
        family = family or tkfont.nametofont("TkDefaultFont").actual("family")
        self.body = self._font(family, 14)
        self.strong = self._font(family, 14, bold=True)
        self.small = self._font(family, 13)
        self.large = self._font(family, 15)
        self.title = self._font(family, 22, bold=True)
        self.brand = self._font(family, 17, bold=True)
        self._style(ttk.Style(root))
        root.option_add("*Font", self.body)
        root.option_add("*TCombobox*Listbox.font", self.body)

    def px(self, pixels: float) -> int:
        """Convert pixels at 96 per inch to pixels of this screen."""
        return round(pixels * self.scale)

    def _font(self, family: str, pixels: int, *, bold: bool = False) -> tkfont.Font:
        font = tkfont.Font(family=family, size=-self.px(pixels), weight="bold" if bold else "normal")
        font.delete_font = False  # its finaliser would call Tk from any thread
        return font

    def _style(self, style: ttk.Style) -> None:
        style.theme_use("clam")
        style.configure(".", font=self.body, background=PAGE, foreground=TEXT)
        self._button(style, "Primary.TButton", PAGE, ACCENT, ACCENT_DARK, ACCENT)
        self._button(style, "Plain.TButton", TEXT, PAGE, BAR, LINE)
        self._button(style, "Link.TButton", ACCENT, PAGE, BAR, PAGE)
        self._button(style, "Small.TButton", TEXT, PAGE, BAR, LINE)
        style.configure("Small.TButton", font=self.small, padding=(self.px(8), self.px(2)), width=0)
        style.configure(
            "Vertical.TScrollbar",
            background=LINE,
            troughcolor=BAR,
            bordercolor=BAR,
            lightcolor=LINE,
            darkcolor=LINE,
            arrowcolor=MUTED,
            arrowsize=self.px(14),
        )
        style.configure(
            "TEntry",
            fieldbackground=PAGE,
            bordercolor=BORDER,
            lightcolor=PAGE,
            darkcolor=PAGE,
            insertwidth=self.px(1),
            padding=(self.px(10), self.px(8)),
        )
        style.map(
            "TEntry",
            bordercolor=[("focus", ACCENT)],
            lightcolor=[("focus", ACCENT)],
            darkcolor=[("focus", ACCENT)],
        )

        self._choices(style)

    def _choices(self, style: ttk.Style) -> None:
        """Lists to choose from, and boxes to tick."""
        px = self.px
        style.configure(
            "TCombobox",
            fieldbackground=PAGE,
            background=PAGE,
            bordercolor=BORDER,
            lightcolor=PAGE,
            darkcolor=PAGE,
            arrowcolor=MUTED,
            arrowsize=px(14),
            selectbackground=PAGE,
            selectforeground=TEXT,
            padding=(px(10), px(6)),
        )
        style.map("TCombobox", fieldbackground=[("readonly", PAGE)], bordercolor=[("focus", ACCENT)])
        style.configure(
            "TCheckbutton",
            indicatorsize=px(14),
            indicatormargin=(0, 0, px(8), 0),
            indicatorbackground=PAGE,
            focuscolor=ACCENT,
            padding=(0, px(2)),
        )
        style.map("TCheckbutton", background=[("active", PAGE)])

    def _button(self, style: ttk.Style, name: str, text: str, face: str, pressed: str, border: str) -> None:
        style.configure(
            name,
            foreground=text,
            background=face,
            bordercolor=border,
            lightcolor=face,
            darkcolor=face,
            focuscolor=ACCENT if face == PAGE else PAGE,
            relief="raised",
            borderwidth=1,
            padding=(self.px(18), self.px(7)),
        )
        states = [("disabled", LINE), ("pressed", pressed), ("active", pressed)]
        style.map(
            name,
            background=states,
            lightcolor=states,
            darkcolor=states,
            foreground=[("disabled", MUTED)],
            bordercolor=[("disabled", LINE), ("focus", ACCENT_DARK)],
        )


def label(parent: tk.Misc, text: str, font: tkfont.Font, colour: str, width: int = 0) -> tk.Label:
    """Create a label on its parent's background, with lines of at most ``width`` pixels (0: one line)."""
    return tk.Label(
        parent,
        text=break_lines(text, width, font.measure) if width else text,
        font=font,
        background=str(parent.cget("background")),
        foreground=colour,
        justify="left",
        anchor="w",
        padx=0,
        pady=0,
    )
