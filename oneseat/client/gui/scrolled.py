"""Frame that scrolls when its content is higher than the window."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Optional

_WHEEL_STEP = 120


class Scrolled(tk.Frame):
    """Put widgets into :attr:`inside`; the scroll bar is hidden unless the content overflows.

    The mouse wheel, Page Up, Page Down and the bar scroll. A window has one such frame for its page, which
    gets those events; one that is not ``of_page`` gets them through it while it has pointer or focus.
    """

    def __init__(self, parent: tk.Misc, background: str, *, of_page: bool = True) -> None:
        super().__init__(parent, background=background)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self._canvas = tk.Canvas(self, background=background, highlightthickness=0, takefocus=False)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._canvas.yview)
        self._canvas.configure(yscrollcommand=self._bar.set)
        self.inside = tk.Frame(self._canvas, background=background)
        self._canvas.create_window(0, 0, window=self.inside, anchor="nw")
        self.inside.bind("<Configure>", lambda _: self._fit())
        self._canvas.bind("<Configure>", lambda _: self._fit())
        if of_page:
            self._bind_window(self.winfo_toplevel())

    def _bind_window(self, top: tk.Misc) -> None:
        def of(widget: object) -> Scrolled:
            return _around(widget) or self

        top.bind("<FocusIn>", lambda event: of(event.widget).follow(event.widget))
        top.bind("<MouseWheel>", lambda event: of(event.widget).scroll(-event.delta // _WHEEL_STEP))
        top.bind("<Prior>", lambda event: of(event.widget).scroll(-4))
        top.bind("<Next>", lambda event: of(event.widget).scroll(4))

    def wrap(self, max_height: int) -> None:
        """Make the frame as large as its content, and at most ``max_height`` pixels high."""
        height = self.inside.winfo_reqheight()
        self._canvas.configure(width=self.inside.winfo_reqwidth(), height=min(height, max(1, max_height)))

    def _overflows(self) -> bool:
        return self.inside.winfo_reqheight() > self._canvas.winfo_height()

    def _fit(self) -> None:
        self._canvas.configure(scrollregion=(0, 0, 0, self.inside.winfo_reqheight()))
        if self._overflows():
            self._bar.grid(row=0, column=1, sticky="ns")
        else:
            self._bar.grid_remove()
            self._canvas.yview_moveto(0)

    def follow(self, focused: object) -> None:
        """Scroll a widget into view that got the focus."""
        if not isinstance(focused, tk.Misc) or not self.winfo_exists() or not self._overflows():
            return
        if not str(focused).startswith(f"{self.inside}.") or isinstance(focused, tk.Frame):
            return
        height, whole = self._canvas.winfo_height(), self.inside.winfo_reqheight()
        top = focused.winfo_rooty() - self.inside.winfo_rooty()
        seen = self._canvas.canvasy(0)
        if top < seen or top + focused.winfo_height() > seen + height:
            self._canvas.yview_moveto(max(0.0, (top - height / 2) / whole))

    def reveal(self, widget: tk.Misc) -> None:
        """Scroll so that the whole of a widget is in view or, if it is too high, its top."""
        self.update_idletasks()
        self._fit()
        if not self._overflows():
            return
        height, whole = self._canvas.winfo_height(), self.inside.winfo_reqheight()
        top = widget.winfo_rooty() - self.inside.winfo_rooty()
        bottom = top + widget.winfo_reqheight()
        wanted = min(top, bottom - height) if bottom - top <= height else top
        seen = self._canvas.canvasy(0)
        if not (seen <= top and bottom <= seen + height):
            self._canvas.yview_moveto(max(0.0, wanted / whole))

    def scroll(self, units: int) -> None:
        """Scroll by lines, down if positive."""
        if self.winfo_exists() and self._overflows():
            self._canvas.yview_scroll(units, "units")


def reveal(widget: tk.Misc) -> None:
    """Scroll the frame around a widget so that the widget is in view."""
    around = _around(widget)
    if around is not None:
        around.reveal(widget)


def _around(widget: object) -> Optional[Scrolled]:
    """The frame that a widget is in; None if it is in none."""
    while isinstance(widget, tk.Misc) and not isinstance(widget, Scrolled):
        widget = widget.master
    return widget if isinstance(widget, Scrolled) else None
