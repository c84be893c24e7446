"""Chromium as the client starts it, an app window with a profile of its own, controlled over CDP."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, Playwright

from oneseat.demo.devtools import window_of
from tests.chromium import CHROMIUM, LEAN
from tests.patience import wait_until

ENTIRE_SCREEN = "--auto-select-desktop-capture-source=Entire screen"
AS_THE_CLIENT = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--auto-accept-camera-and-microphone-capture",
    "--start-fullscreen",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-sync",
    "--hide-crash-restore-bubble",
)
FOR_TESTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",  # there is none, and to draw as one does takes longer
    "--remote-debugging-port=0",
    "--use-fake-device-for-media-stream",
    "--disable-component-update",
    LEAN,
)
CAMERA_PROCESS = "video_capture.mojom.VideoCaptureService"


class AppWindow:
    """A browser of its own with one window; `start` may be called again after `kill`, on the same profile."""

    def __init__(
        self,
        playwright: Playwright,
        profile: Path,
        display: str,
        camera: Path,
        sound: str,
        *,
        language: str = "en",
    ) -> None:
        self.profile = profile
        self._playwright = playwright
        self._devices = (
            f"--use-file-for-fake-video-capture={camera}",
            f"--use-file-for-fake-audio-capture={sound}",
        )
        self._environment = {**os.environ, "DISPLAY": display, "LANGUAGE": language}
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    def start(self, url: str, flags: Sequence[str] = (ENTIRE_SCREEN,), *, as_tab: bool = False) -> None:
        """Start the browser on a page, without waiting for it; ``as_tab`` in an ordinary window with tabs."""
        port_file = self.profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        # A killed browser leaves it; on another host name it would keep the profile shut.
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        command = [CHROMIUM, url if as_tab else f"--app={url}", f"--user-data-dir={self.profile}"]
        self._process = subprocess.Popen(
            [*command, *AS_THE_CLIENT, *FOR_TESTS, *self._devices, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            start_new_session=True,
        )

    @property
    def runs(self) -> bool:
        """Whether the browser was started, and not killed."""
        return self._process is not None

    @property
    def page(self) -> Page:
        """The window's page; connects with the first use."""
        if self._browser is None:
            self._browser = window_of(self._playwright, self.profile).context.browser
        assert self._browser is not None
        return self._browser.contexts[0].pages[0]

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true in the page; by polling, since the page's CSP forbids `eval`."""
        return wait_until(lambda: self.page.evaluate(expression), f"{expression} did not become true")

    def disconnect(self) -> None:
        """Let go of the browser: a page that is under control never counts as hidden."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None

    def processes(self, kind: str = "") -> list[psutil.Process]:
        """Return the browser's processes, or those whose command line has ``kind``."""
        assert self._process is not None
        main = psutil.Process(self._process.pid)
        return [one for one in [main, *main.children(recursive=True)] if kind in _command_line(one)]

    def signal(self, number: int, kind: str = "") -> None:
        """Send a signal to the browser's processes."""
        for process in self.processes(kind):
            # A page's own process ends by itself when its page is left.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def cpu_s(self) -> float:
        """Return the CPU time that the browser's processes have used (seconds)."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def kill(self) -> None:
        """End all processes of the browser at once, as a power cut does to programs."""
        if self._process is None:
            return
        self.signal(signal.SIGKILL)
        self._process.wait(30)
        self._process = None
        self.disconnect()

    close = kill


def _command_line(process: psutil.Process) -> str:
    """Return a process's command line; of one that has just ended, none."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
