"""Turning whatever goes wrong into something that can be said."""

from __future__ import annotations

import traceback
from pathlib import Path

from oneseat.client.errors import Unexpected
from signing.errors import OneSeatError


def as_refusal(fault: BaseException) -> OneSeatError:
    """The fault itself where it is a refusal; else :class:`Unexpected`, which says where it arose."""
    if isinstance(fault, OneSeatError):
        return fault
    frames = traceback.extract_tb(fault.__traceback__)
    place = f"{Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else "?"
    return Unexpected(fingerprint=f"{type(fault).__name__}@{place}")
