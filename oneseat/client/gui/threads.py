"""The form of a function that runs work beside the window's own thread."""

from __future__ import annotations

from typing import Any, Callable

RunInThread = Callable[[Callable[[], Any], Callable[[Any], None]], None]
"""Runs a function in a thread, and passes its result to another in the window's thread."""
