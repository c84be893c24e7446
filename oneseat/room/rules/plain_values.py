"""Writes values of rows as exports have them: times in UTC to the microsecond, bytes in hexadecimal."""

from __future__ import annotations

from datetime import UTC, datetime


def plain(value: object) -> object:
    """A value as JSON."""
    if isinstance(value, datetime):
        return plain_moment(value)
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value


def plain_moment(moment: datetime) -> str:
    """A time as text such as ``2023-01-13T03:10:04.123456Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
