"""Measures what recording costs a computer: camera, microphone and screen, as in an interview.

Chromium runs as the client starts it, with segments and rate as they are used. Its camera plays a film of
somebody who moves before a noisy background: the green picture of the browser's own fake device costs too
little. Keys of the ``--json`` object:

* ``recording_core`` -- CPU time of all the browser's processes by time, while the page records and uploads;
  at most 0.6
* ``camera_frames_per_s`` -- frames that the stored segments show; fifteen where nothing is dropped
* ``idle_core`` -- the same browser with the page open that records nothing
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from bench.measure import report
from tests.room.browser.recordings import play
from tests.room.browser.studio import Studio

_RATE = 15
_SEGMENT_MS, _PART_MS = 30000, 2000


def core(studio: Studio, seconds: float) -> float:
    """Return the browser's CPU time by time."""
    before, began = studio.window.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (studio.window.cpu_s() - before) / (time.monotonic() - began)


def frames_per_s(studio: Studio) -> float:
    """Return the frames of the camera's stored segments, by the time that they last."""
    take = next(name for name, take in studio.room.takes.items() if take["stream"] == "camera")
    segments = [play(path) for path in studio.room.files(take)]
    return sum(segment.pictures for segment in segments) / sum(segment.seconds for segment in segments)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--seconds", default=40.0, show_default=True, help="Length of the recording that is measured.")
def main(as_json: bool, seconds: float) -> None:
    """Measure the recorder; status 1 if the limit is exceeded."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name, sync_playwright() as playwright:
        studio = Studio(playwright, Path(name))
        try:
            studio.begin("bench")
            studio.open()
            figures = {"idle_core": core(studio, 5)}
            studio.open("camera,screen", rate=_RATE, segment=_SEGMENT_MS, part=_PART_MS)
            time.sleep(5)
            figures["recording_core"] = core(studio, seconds)
            studio.complete()
            figures["camera_frames_per_s"] = frames_per_s(studio)
        finally:
            studio.close()
    report("Recording", figures, {"recording_core": 0.6}, as_json)


if __name__ == "__main__":
    main()
