"""Frame that scrolls when its content is higher than the window."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

_WHEEL_STEP = 120


class Scrolled(tk.Frame):
    """Put widgets into :attr:`inside`; the scroll bar is hidden unless the content overflows.

    The mouse wheel, Page Up, Page Down and the bar scroll.
    """

    def __init__(self, parent: tk.Misc, background: str) -> None:
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
        top = self.winfo_toplevel()
        top.bind("<FocusIn>", lambda event: self._follow(event.widget))
        top.bind("<MouseWheel>", lambda event: self._scroll(-event.delta // _WHEEL_STEP))
        top.bind("<Prior>", lambda _: self._scroll(-4))
        top.bind("<Next>", lambda _: self._scroll(4))

    def _overflows(self) -> bool:
        return self.inside.winfo_reqheight() > self._canvas.winfo_height()

    def _fit(self) -> None:
        self._canvas.configure(scrollregion=(0, 0, 0, self.inside.winfo_reqheight()))
        if self._overflows():
            self._bar.grid(row=0, column=1, sticky="ns")
        else:
            self._bar.grid_remove()
            self._canvas.yview_moveto(0)

    def _follow(self, focused: object) -> None:
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

    def _scroll(self, units: int) -> None:
        if self.winfo_exists() and self._overflows():
            self._canvas.yview_scroll(units, "units")


def reveal(widget: tk.Misc) -> None:
    """Scroll the frame around a widget so that the widget is in view."""
    parent: object = widget.master
    while isinstance(parent, tk.Misc) and not isinstance(parent, Scrolled):
        parent = parent.master
    if isinstance(parent, Scrolled):
        parent.reveal(widget)
