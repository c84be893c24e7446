"""Callbacks by which long jobs report progress, and a default that ignores events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How many rows a job has done. ``total`` is an estimate, None where it is unknown."""

    rows: int
    faulty: int
    total: int | None = None


OnProgress = Callable[[Progress], None]
"""Called after every chunk, in the process that started the job."""
OnLine = Callable[[str], None]
"""Called with a line of text: the name of a step, or what a tool printed."""


def ignore(_: object) -> None:
    """Default callback: ignore the event."""
