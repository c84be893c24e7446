"""Decides which live pictures are taken: their form, from whom, in which part of an attempt.

A picture's markers are read and its pixels are not: a hundred pictures a second come to a busy room, and
decoding one takes a hundred times longer. A picture whose pixels are damaged harms nobody but its sender.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from oneseat.room.rules.steps import Facts
from signing.charter import Charter
from signing.session_times import MOCK

EVERY_S = 20
"""How often a page sends a picture of each stream."""
CLOSEST = timedelta(seconds=5)
"""A picture that follows another one sooner is dropped: a page that calls all the time costs no more."""
MOST_WAITING = 4
"""A page with more segments that wait for the upload sends no pictures: recordings go first."""
MAX_BYTES = 48 * 1024
MAX_SIDE = 640

_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAME, _SCAN = 0xC0, 0xDA
_OTHER_FRAMES = frozenset({*range(0xC1, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Frames that a canvas does not write: progressive, lossless, arithmetic (ITU-T T.81, table B.1)."""


def are_wanted(charter: Charter, kind: str) -> bool:
    """Whether pictures of a session are sent at all: not where the notice says that no one watches."""
    privacy = charter.privacy
    return kind != MOCK or privacy is None or privacy.mock_watched


def is_watchable(facts: Facts, now: datetime) -> bool:
    """Whether an attempt's pictures are taken and shown: from the consent up to its end or hand-in."""
    if facts.consent_at is None or facts.handed_in_at is not None:
        return False
    return facts.ends_at is None or now < facts.ends_at


def is_small_jpeg(content: bytes) -> bool:
    """Whether bytes have the form of a baseline JPEG of at most :data:`MAX_BYTES` and :data:`MAX_SIDE`."""
    if len(content) > MAX_BYTES or content[:2] != _START or content[-2:] != _END:
        return False
    sides = _sides(content)
    return sides is not None and all(0 < side <= MAX_SIDE for side in sides)


def _sides(content: bytes) -> tuple[int, int] | None:
    """Height and width, from the one frame before the scan; None where the markers are no baseline JPEG's."""
    sides, place = None, len(_START)
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if marker == _SCAN:
            return sides
        if length < 2 or marker in _OTHER_FRAMES or (marker == _FRAME and sides is not None):
            return None
        if marker == _FRAME:
            high, wide = content[place + 5 : place + 7], content[place + 7 : place + 9]
            sides = int.from_bytes(high, "big"), int.from_bytes(wide, "big")
        place += 2 + length
    return None
