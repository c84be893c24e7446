"""Takes events from pages: codes, numbers and flags are kept, and everything else is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from oneseat.state.room.events import Fact, RoomEvent

MAX_FACTS = 16
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_VALUE = re.compile(r"[A-Za-z0-9 .,:;=/_+-]{0,64}")
_LARGEST = 1 << 53


class PageEvent(Protocol):
    """An event as a page sends it."""

    @property
    def at(self) -> datetime: ...  # noqa: D102
    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> Mapping[str, Any]: ...  # noqa: D102


def clean_events(given: Iterable[PageEvent], source: str) -> list[RoomEvent]:
    """The events whose code has the form of a code. A page's odd event must not stop its upload."""
    return [
        RoomEvent(event.at, source, event.code, clean_facts(event.facts))
        for event in given
        if _CODE.fullmatch(event.code)
    ]


def clean_facts(given: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts that are numbers, flags or codes: words, names and long texts are left out."""
    kept = {name: value for name, value in given.items() if _NAME.fullmatch(name) and _is_plain(value)}
    return dict(list(kept.items())[:MAX_FACTS])


def _is_plain(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        return abs(value) < _LARGEST
    return isinstance(value, str) and _VALUE.fullmatch(value) is not None
