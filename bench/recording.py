"""Measures what recording costs a computer, and how long an upload takes after an outage.

Chromium runs as the client starts it, with segments and rate as they are used. Its camera plays a film of
somebody who moves before a noisy background: the green picture of the browser's own fake device costs too
little. Keys of the ``--json`` object:

* ``recording_core`` -- CPU time of all the browser's processes by time, while the page records and uploads;
  at most 0.6
* ``camera_frames_per_s`` -- frames that the stored segments show; fifteen where nothing is dropped
* ``phone_core`` -- the same of the phone's page, which records its one camera, with ``--phone``; at most 0.4
* ``idle_core`` -- the same browser with the page open that records nothing
* ``drain_s``, ``drain_slow_s`` -- a page that recorded without a network, and has stopped, uploads everything
  at 4 and at 0.5 Mbit/s; ``drain_mib``, ``drain_slow_mib`` -- what that was. The outage is
  ``--backlog``
* ``drain_promise_ratio``, ``drain_slow_promise_ratio`` -- the first time left that the page promises, by the
  time that it took from then on; 0.5 to 2. The page rounds it up to minutes, which is left out here
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import Playwright, sync_playwright

from bench.drain import drain
from bench.measure import report
from tests.room.browser.phone_studio import PhoneStudio
from tests.room.browser.recordings import play
from tests.room.browser.studio import Studio

_RATE = 15
_SEGMENT_MS, _PART_MS = 30000, 2000
_DRAIN_SEGMENT_MS = 5000
"""Shorter than in an interview, so that a short outage leaves many segments, too."""
_LINES = {"drain": 4.0, "drain_slow": 0.5}
"""Megabits a second of each line."""
_RATIOS = [f"{key}_promise_ratio" for key in _LINES]
AT_MOST_OF_PHONE = {"phone_core": 0.4}
AT_MOST = {"recording_core": 0.6, **dict.fromkeys(_RATIOS, 2.0)}
AT_LEAST = dict.fromkeys(_RATIOS, 0.5)
"""Limits of the figures."""


def core(studio: Studio | PhoneStudio, seconds: float) -> float:
    """Return the browser's CPU time by time."""
    before, began = studio.window.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return (studio.window.cpu_s() - before) / (time.monotonic() - began)


def frames_per_s(studio: Studio) -> float:
    """Return the frames of the camera's stored segments, by the time that they last."""
    take = next(name for name, take in studio.room.takes.items() if take["stream"] == "camera")
    segments = [play(path) for path in studio.room.files(take)]
    return sum(segment.pictures for segment in segments) / sum(segment.seconds for segment in segments)


def drains(studio: Studio, backlog_s: float) -> dict[str, float]:
    """Return what each line needs for a backlog, how large that is, and how right the page's promise was."""
    figures = {}
    for key, mbit_per_s in _LINES.items():
        length = {"rate": _RATE, "segment": _DRAIN_SEGMENT_MS, "part": _PART_MS}
        drained = drain(studio, key, mbit_per_s, backlog_s, **length)
        figures[f"{key}_s"] = drained.seconds
        figures[f"{key}_mib"] = drained.size / 2**20
        figures[f"{key}_promise_ratio"] = drained.promise_ratio
    return figures


def phone_core(playwright: Playwright, folder: Path, seconds: float) -> float:
    """Return what the phone's page costs while it films and uploads."""
    phone = PhoneStudio(playwright, folder)
    try:
        phone.begin("bench")
        phone.film()
        time.sleep(5)
        return core(phone, seconds)
    finally:
        phone.close()


def figures_of_phone(seconds: float) -> dict[str, float]:
    """Measure the phone's page alone."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name, sync_playwright() as playwright:
        return {"phone_core": phone_core(playwright, Path(name), seconds)}


def measure(seconds: float, backlog_s: float) -> dict[str, float]:
    """All figures, of one browser."""
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
            return figures | drains(studio, backlog_s)
        finally:
            studio.close()


@click.command()
@click.option("--phone", is_flag=True, help="Measure the phone's page, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--seconds", default=40.0, show_default=True, help="Length of the recording that is measured.")
@click.option(
    "--backlog", default=120.0, show_default=True, help="Seconds that are recorded without a network."
)
def main(phone: bool, as_json: bool, seconds: float, backlog: float) -> None:
    """Measure recorder and uploader; status 1 if a limit is exceeded."""
    if phone:
        report("Phone", figures_of_phone(seconds), AT_MOST_OF_PHONE, as_json)
    report("Recording", measure(seconds, backlog), AT_MOST, as_json, AT_LEAST)


if __name__ == "__main__":
    main()
