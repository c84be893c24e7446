"""Writes times for pages and clients: RFC 3339 in UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def wire(moment: datetime) -> str: ...
@overload
def wire(moment: None) -> None: ...
def wire(moment: datetime | None) -> str | None:
    """A time as text such as ``2023-01-13T03:10:04.123Z``; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
