"""Draws the phone app's icon as vectors: `python -m oneseat.pipeline.phone.artwork` writes the files.

The emblem is the installer's (:mod:`oneseat.pipeline.base.artwork`): one person on one seat, on a blue tile.
The files are kept in the repository, so that a build needs no drawing library. A test compares them with what
this module draws.
"""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.base.artwork import BODY, BRIGHT, CHAIR, DEEP, HEAD
from oneseat.pipeline.phone.templates import RESOURCES

_SPACE = "http://schemas.android.com/apk/res/android"
_TILE_UNITS = 108
"""The width of an adaptive icon, dp."""
_SAFE_UNITS = 66
"""The middle of an adaptive icon that every launcher shows, dp."""
_SMALL_UNITS = 24
"""The width of a notification's icon, dp. Android draws its shape alone, in white."""


def seat_paths() -> str:
    """Describe person and chair on a square of 100 as SVG path data."""
    boxes = [_box(left, top, right, bottom, radius) for left, top, right, bottom, radius in (*CHAIR, BODY)]
    left, top, right, bottom = HEAD
    return " ".join([*boxes, _box(left, top, right, bottom, (right - left) / 2)])


def drawables() -> dict[str, str]:
    """Return the drawables by file name: the icon's tile, its seat, and the notification's icon."""
    scale = _SAFE_UNITS / 100
    margin = (_TILE_UNITS - _SAFE_UNITS) / 2
    placed = f'android:translateX="{margin:g}" android:translateY="{margin:g}"'
    sized = f'android:scaleX="{scale:g}" android:scaleY="{scale:g}"'
    seat = f'<path android:fillColor="#FFFFFFFF" android:pathData="{seat_paths()}"/>'
    return {
        "seat.xml": _vector(
            _TILE_UNITS, _TILE_UNITS, f"<group {placed} {sized}>\n        {seat}\n    </group>"
        ),
        "recording.xml": _vector(_SMALL_UNITS, 100, seat),
        "tile.xml": _gradient(),
    }


def write(folder: Path) -> None:
    """Write the drawables to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in drawables().items():
        (folder / name).write_text(text, "utf-8")


def _box(left: float, top: float, right: float, bottom: float, radius: float) -> str:
    arc = f"a{radius:g},{radius:g} 0 0 1"
    across, down = right - left - 2 * radius, bottom - top - 2 * radius
    edges = (f"h{across:g}", f"v{down:g}", f"h{-across:g}", f"v{-down:g}")
    turns = ((radius, radius), (-radius, radius), (-radius, -radius), (radius, -radius))
    path = "".join(f"{edge}{arc} {x:g},{y:g}" for edge, (x, y) in zip(edges, turns, strict=True))
    return f"M{left + radius:g},{top:g}{path}z"


def _vector(width: int, viewport: int, content: str) -> str:
    size = f'android:width="{width}dp" android:height="{width}dp"'
    port = f'android:viewportWidth="{viewport}" android:viewportHeight="{viewport}"'
    return f'{_HEADER}<vector xmlns:android="{_SPACE}"\n    {size} {port}>\n    {content}\n</vector>\n'


def _gradient() -> str:
    colours = f'android:angle="270" android:startColor="{_hex(BRIGHT)}" android:endColor="{_hex(DEEP)}"'
    return f'{_HEADER}<shape xmlns:android="{_SPACE}">\n    <gradient {colours}/>\n</shape>\n'


def _hex(colour: tuple[int, int, int]) -> str:
    return "#FF{:02X}{:02X}{:02X}".format(*colour)


_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'


if __name__ == "__main__":
    write(RESOURCES / "drawable")
