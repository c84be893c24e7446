"""Allows one upload of a segment at a time, and lets a new one take over from one that has stalled.

An address is good for minutes and for any number of requests: without a bound, one address could fill disk
and connections with copies of one segment. After a lost network the connection of the first upload may stay
open for minutes, so silence gives up its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oneseat.room.refusals.attempts import UploadUnderWay

STALLED_S = 5.0
"""An upload that brings nothing for so long gives way to another of the same segment."""


@dataclass(eq=False)
class ArrivingUpload:
    """One upload, with its time limit and the time at which bytes last came."""

    limit: asyncio.Timeout
    heard_at: float

    def note(self) -> None:
        """Note that bytes came."""
        self.heard_at = asyncio.get_running_loop().time()


class ArrivingUploads:
    """The uploads that are arriving in this process, by name. An instance belongs to one event loop."""

    def __init__(self) -> None:
        self._by_name: dict[str, ArrivingUpload] = {}

    @contextmanager
    def begin(self, name: str, limit: asyncio.Timeout) -> Iterator[ArrivingUpload]:
        """Enter an upload for the block; one that has stalled is ended by its time limit.

        Raises:
            UploadUnderWay: another upload of that name is arriving.
        """
        now = asyncio.get_running_loop().time()
        other = self._by_name.get(name)
        if other is not None:
            if now - other.heard_at < STALLED_S:
                raise UploadUnderWay
            other.limit.reschedule(now)
        upload = self._by_name[name] = ArrivingUpload(limit, now)
        try:
            yield upload
        finally:
            if self._by_name.get(name) is upload:
                del self._by_name[name]
