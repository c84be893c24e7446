"""How long tests wait for what must come: long, since a computer may be busy. bench/ measures how soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60
_LOOK_EVERY_S = 0.05

T = TypeVar("T")


def wait_until(holds: Callable[[], T], otherwise: str | Callable[[], object] = "it did not come") -> T:
    """Wait for an answer that is true, and return it; ``otherwise`` says what is wrong where none comes."""
    ends = time.monotonic() + PATIENCE_S
    while not (value := holds()):
        assert time.monotonic() < ends, otherwise() if callable(otherwise) else otherwise
        time.sleep(_LOOK_EVERY_S)
    return value
