"""Line charts as SVG coordinates: a frame, axes with round steps, and polylines. Pure, and without scripts.

The caller decides what values and horizontal axis mean; templates write the SVG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

GRID_STEPS = 4
"""Into how many steps a vertical axis is divided, as a rule."""
_FINE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_COARSE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its coordinate, and its label."""

    at: float
    words: str


@dataclass(frozen=True)
class Frame:
    """An SVG's size, and the edges of the plot in it, which the axes lie on."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @classmethod
    def with_margins(cls, width: int, height: int, *, left: int, right: int, top: int, bottom: int) -> Frame:
        """The frame of that size whose plot keeps these distances from the edges."""
        return cls(width, height, left, width - right, top, height - bottom)

    def x(self, share: float) -> float:
        """The coordinate of a share of the horizontal axis, from 0 at its left end to 1."""
        return round(self.left + share * (self.right - self.left), 1)

    def y(self, share: float) -> float:
        """The coordinate of a share of the vertical axis, from 0 at its lower end to 1."""
        return round(self.bottom - share * (self.bottom - self.top), 1)

    def ups(self, highest: float, step: float) -> tuple[Tick, ...]:
        """The marks of a vertical axis from 0 to ``highest``, one each ``step``."""
        count = math.floor(highest / step + 1e-9)
        return tuple(Tick(self.y(n * step / highest), _number(n * step)) for n in range(count + 1))


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Points as the ``points`` attribute of a polyline or polygon."""
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def rounded_up(most: float, *, coarse: bool = False) -> float:
    """Where an axis ends: the next number that four steps divide into round ones.

    4, 6, 8, 10, 12, 16, 20, 24 ...; with ``coarse`` only 4, 8, 10, 20, 40, 80, 100 ...
    """
    if most <= GRID_STEPS:
        return float(GRID_STEPS)
    unit = 10 ** math.floor(math.log10(most / GRID_STEPS))
    tops = (GRID_STEPS * unit * factor for factor in (_COARSE if coarse else _FINE))
    return float(next(top for top in tops if top >= most))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
