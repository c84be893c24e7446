"""A browser with fake camera, microphone and screen, before a small room: what the recorder is tried with."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Playwright

from tests.e2e.wine import Screen
from tests.patience import PATIENCE_S
from tests.room.browser.app_window import AppWindow
from tests.room.browser.fake_devices import CameraFile, write_sound
from tests.room.browser.recordings import play
from tests.room.recording_server import RecordingRoom, RecordingServer

SOUND_S = 5
"""The fake microphone is heard for so long after it was opened, and gives nothing afterwards."""


class Studio:
    """One browser with fake devices before one room; each test records an attempt of its own."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.folder = folder
        self.screen = Screen.start("1366x768x24")
        self.camera = CameraFile(folder / "camera.y4m")
        self.sound = f"{write_sound(folder / 'sound.wav', SOUND_S)}%noloop"
        self.server = RecordingServer()
        self.room = self.server.room = RecordingRoom(folder / "none")
        self.server.start()
        self.window = self.new_window(playwright, "profile")
        self.attempt = ""
        self.is_whole = True

    def new_window(self, playwright: Playwright, profile: str, language: str = "en") -> AppWindow:
        """Make another browser, with a profile and a language of its own."""
        devices = (self.camera.path, self.sound)
        return AppWindow(playwright, self.folder / profile, self.screen.display, *devices, language=language)

    def begin(self, attempt: str) -> None:
        """Begin a test with a room that knows nothing."""
        self.attempt = attempt
        self.is_whole = False
        self.room = self.server.room = RecordingRoom(self.folder / "stored" / attempt)
        self.camera.move()

    def end(self) -> None:
        """End a test; the browser goes on to the next one where nothing is left in it."""
        if not self.is_whole:
            self.window.kill()

    def url(self, record: str = "", **limits: int) -> str:
        """The address of the test page, which records by itself."""
        query = "".join(f"&{name}={value}" for name, value in limits.items())
        return f"{self.server.url}/room/?name={self.attempt}&record={record}{query}"

    def open(self, record: str = "", **limits: int) -> None:
        """Open the page, and wait until it records."""
        if not self.window.runs:
            self.window.start(self.url(record, **limits))
        else:
            self.window.page.goto(self.url(record, **limits))
        self.window.wait_for("window.room && room.ready")

    def run(self, expression: str) -> object:
        """Evaluate an expression in the page."""
        return self.window.page.evaluate(expression)

    def wait(self, holds: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.room.codes()} {self.room.puts}"
            time.sleep(0.05)

    def wait_for_event(self, code: str, times: int = 1) -> None:
        """Wait until the room was told of an event."""
        self.wait(lambda: self.room.codes().count(code) >= times, code)

    def complete(self) -> None:
        """Stop, and wait until the room has every promised segment and the browser none."""
        self.run("room.stop()")
        self.wait_until_complete()

    def wait_until_complete(self) -> None:
        """Wait until the room has every promised segment and the browser none, and look at them."""
        self.wait(self.room.is_complete, "complete")
        self.wait(lambda: self.run("room.left()") == {"parts": 0, "segments": 0}, "all deleted")
        assert self.run("room.errors") == []
        for take in self.room.takes:
            for path in self.room.files(take):
                assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem[7:]
                assert play(path).pictures > 0
        self.is_whole = True

    def clear(self) -> None:
        """Delete what a test leaves in the browser."""
        self.run("room.parts.clear()")
        self.is_whole = True

    def close(self) -> None:
        """End everything."""
        self.window.kill()
        self.server.stop()
        self.screen.stop()
