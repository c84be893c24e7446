"""Plays recorded segments from beginning to end, with FFmpeg's libraries."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import av

from tests.room.browser.fake_devices import FRAMES, FRAMES_PER_S, read_number
from tests.room.recording_server import RecordingRoom


@dataclass(frozen=True)
class Played:
    """What one segment shows: the numbers of the camera's frames, and how much sound."""

    numbers: list[int]
    pictures: int
    seconds: float
    sounds: int


def play(path: Path) -> Played:
    """Decode a segment whole. FFmpeg's errors are raised."""
    numbers, sounds, end = [], 0, 0.0
    with av.open(str(path)) as container:
        for frame in container.decode():
            end = max(end, frame.time or 0.0)
            if isinstance(frame, av.VideoFrame):
                numbers.append(_number(frame))
            else:
                sounds += 1
    return Played(numbers, len(numbers), end, sounds)


def _number(frame: av.VideoFrame) -> int:
    """Read the number of a frame; its first plane is its brightness."""
    plane = frame.reformat(format="gray").planes[0]
    return read_number(bytes(plane), plane.line_size)


def longest_gap(segments: list[Played]) -> int:
    """Return the most frames of the camera that are missing in a row, anywhere between first and last."""
    gaps = [0]
    last = segments[0].numbers[0]
    for segment in segments:
        for number in segment.numbers:
            ahead = (number - last) % FRAMES
            # The camera's film is a loop of four seconds, and segments overlap by less than two.
            if ahead <= FRAMES - 2 * FRAMES_PER_S:
                gaps.append(ahead - 1)
                last = number
    return max(gaps)


def overlaps_s(room: RecordingRoom, take: str) -> list[float]:
    """Return by how much each segment of a take overlaps the one before it (seconds)."""
    segments = [facts for (name, _), facts in sorted(room.announced.items()) if name == take]
    return [
        (at(before["ended_at"]) - at(after["started_at"])) for before, after in itertools.pairwise(segments)
    ]


def at(text: Any) -> float:
    """Return a time of the page as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
