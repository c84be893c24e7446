"""A thin strip above the browser's full screen, while its page cannot say what the guard sees.

It takes neither focus nor clicks, makes no sound, and goes away by itself.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from typing import Optional, Sequence

from oneseat.client.guard.watching import Present
from oneseat.client.gui import theme as look
from oneseat.client.gui.guard_words import strip_text
from oneseat.client.gui.shell import Say
from oneseat.client.gui.theme import Theme


class GuardStrip:
    """The strip of one window. :meth:`show` is called in the window's thread, as often as wanted."""

    def __init__(self, root: tk.Misc, theme: Theme, say: Say) -> None:
        self._root, self._theme, self._say = root, theme, say
        self._window: Optional[tk.Toplevel] = None
        self._text = ""

    def show(self, present: Sequence[Present]) -> None:
        """Show what is there now; nothing takes the strip away."""
        text = self._say(strip_text(present)) if present else ""
        if text == self._text and (not text or self._is_open):
            return
        self._text = text
        self.close()
        if text:
            self._open(text)

    @property
    def _is_open(self) -> bool:
        """Whether the strip is there; redrawing the program's window takes it away."""
        return self._window is not None and bool(self._window.winfo_exists())

    def close(self) -> None:
        """Take the strip away."""
        window, self._window = self._window, None
        if window is not None:
            with contextlib.suppress(tk.TclError):  # the program's window is gone, and this one with it
                window.destroy()

    def _open(self, text: str) -> None:
        px, width = self._theme.px, self._root.winfo_screenwidth()
        # Without a frame Windows does not make it the active window: the browser keeps the keyboard.
        window = self._window = tk.Toplevel(self._root, background=look.WARN_PAGE, takefocus=False)
        window.overrideredirect(True)
        window.attributes("-topmost", True)
        label = tk.Label(
            window,
            text=text,
            font=self._theme.body,
            foreground=look.WARN,
            background=look.WARN_PAGE,
            wraplength=width - px(40),
            takefocus=False,
            pady=px(3),
        )
        label.pack(fill="x")
        window.geometry(f"{width}x{label.winfo_reqheight()}+0+0")
