"""Builds and checks the object names of segments, and the limits of what a page may announce.

A name holds the SHA-256 of its content. A PUT repeated is therefore the same object, no other bytes can take
its place unseen, and a listing of the store is a list of digests.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from oneseat.state.room.takes import HASH_BYTES, Take

COMPUTER_STREAMS = ("camera", "screen")
"""What the computer's page records."""
PHONE_STREAMS = ("phone",)
"""What a phone records."""
STREAMS = COMPUTER_STREAMS + PHONE_STREAMS
MAX_TAKES = 512
"""Takes of one attempt. Each reload begins one per stream."""
MAX_SEGMENTS = 4096
"""Segments of one take: 11 hours of 10 s. A take's digests stay below 128 KiB."""
MAX_AHEAD = 64
"""How far a segment may be announced past the ones before it. A page announces in order, 20 at once.

Without it, one number would make a take's list of digests as long as it can be."""
MAX_SEGMENT_BYTES = 64 << 20
MAX_SEGMENTS_OF_ATTEMPT = 20_000
MAX_BYTES_OF_ATTEMPT = 32 << 30
"""A day of two streams stays below both."""

_ENDINGS = {"video/webm": "webm", "video/mp4": "mp4"}
_NAME = re.compile(
    r"recordings/(?P<exam>[a-z0-9][a-z0-9-]*)/(?P<attempt>[0-9a-f]{32})/(?P<stream>[a-z]{1,8})/"
    r"(?P<take>[0-9a-f]{24})/(?P<number>[0-9]{6})-(?P<sha256>[0-9a-f]{64})\.(?P<ending>webm|mp4)"
)
_TAKE = re.compile(r"[0-9a-f]{24}")
_MIME = re.compile(r"video/(?:webm|mp4)(?:;\s*codecs=[\"A-Za-z0-9.,_ -]{1,56})?")


@dataclass(frozen=True)
class SegmentName:
    """The parts of a segment's object name. ``ending`` is ``webm`` or ``mp4``."""

    exam: str
    attempt: str
    stream: str
    take: str
    number: int
    sha256: bytes
    ending: str

    @classmethod
    def of(cls, take: Take, number: int) -> SegmentName | None:
        """The name of a take's announced segment; None where it was not announced."""
        sha256 = take.sha256_of(number)
        if sha256 is None:
            return None
        ending = _ENDINGS[take.mime.partition(";")[0]]
        return cls(take.exam, take.attempt, take.stream, take.take, number, sha256, ending)

    @classmethod
    def parse(cls, name: str) -> SegmentName | None:
        """Parse an object name; None where it is none of a segment."""
        match = _NAME.fullmatch(name)
        if match is None or match["stream"] not in STREAMS:
            return None
        exam, attempt, stream, take, number, sha256, ending = match.groups()
        return cls(exam, attempt, stream, take, int(number), bytes.fromhex(sha256), ending)

    def __str__(self) -> str:
        """The object name."""
        folder = f"{attempt_folder(self.exam, self.attempt)}{self.stream}/{self.take}/"
        return f"{folder}{self.number:06d}-{self.sha256.hex()}.{self.ending}"


class Fault(Enum):
    """Why a take or a segment is not accepted."""

    TAKE = "take"
    """Its id, stream or media type is not one that the room knows."""
    NUMBER = "number"
    SIZE = "size"
    DIGEST = "digest"
    """No SHA-256, or another than the segment was announced with."""


def attempt_folder(exam: str, attempt: str) -> str:
    """The name prefix of all of an attempt's segments."""
    return f"recordings/{exam}/{attempt}/"


def check_take(
    take: str, stream: str, mime: str, streams: Collection[str] = COMPUTER_STREAMS
) -> Fault | None:
    """Check what a page with these streams says of a new take; None where it is right."""
    is_known = _TAKE.fullmatch(take) and stream in streams and _MIME.fullmatch(mime)
    return None if is_known else Fault.TAKE


def check_segment(take: Take, number: int, size: int, sha256: bytes) -> Fault | None:
    """Check what a page says of a segment, against what it said before; None where it is right."""
    if not 0 <= number < min(MAX_SEGMENTS, take.announced + MAX_AHEAD):
        return Fault.NUMBER
    if not 0 < size <= MAX_SEGMENT_BYTES:
        return Fault.SIZE
    known = take.sha256_of(number)
    if len(sha256) != HASH_BYTES or not any(sha256) or known not in (None, sha256):
        return Fault.DIGEST
    return None
