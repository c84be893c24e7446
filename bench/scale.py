"""Computes what 100,000 candidates at once need, from the figures of ``python -m bench.room --json``.

``python -m bench.scale < figures.json`` prints the table of docs/explanation/interview-at-scale.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

CANDIDATES = 100_000
STREAMS, SEGMENT_S = 3, 30
BEAT_EVERY_S = 5
LOOK_EVERY_S = 10
"""In an interview that goes well; :mod:`oneseat.client.gui.room_ticker`."""
ENTRIES_WITHIN_S = 30 * 60
"""All come within half an hour."""
START_WITHIN_S = 2
"""How soon the last page is to have the paper's key."""


def rows(figures: Mapping[str, float]) -> list[tuple[str, float, float, str]]:
    """What is called, how often a second, how many cores that is, and how it is computed."""
    beats, looks = CANDIDATES / BEAT_EVERY_S, CANDIDATES / LOOK_EVERY_S
    entries, herd = CANDIDATES / ENTRIES_WITHIN_S, CANDIDATES / START_WITHIN_S
    per_beat, per_look = figures["beat_postgresql_per_core_s"], figures["look_postgresql_per_core_s"]
    return [
        ("beats", beats, beats / per_beat, f"one in {BEAT_EVERY_S} s a page"),
        ("looks of clients", looks, looks / per_look, f"one in {LOOK_EVERY_S} s a client"),
        ("entries", entries, entries * figures["entry_us"] / 1e6, "all within 30 minutes"),
        ("the start", herd, herd / per_beat, f"every page within {START_WITHIN_S} s, once"),
    ]


def main() -> None:
    """Print the rows as Markdown."""
    segments = CANDIDATES * STREAMS / SEGMENT_S
    for what, per_s, cores, how in rows(json.load(sys.stdin)):
        sys.stdout.write(f"| {what} | {per_s:,.0f} | {cores:.1f} | {how} |\n")
    sys.stdout.write(
        f"| uploads | {segments:,.0f} | the bucket's | {CANDIDATES:,} x {STREAMS} / {SEGMENT_S} s |\n"
    )


if __name__ == "__main__":
    main()
