"""What keeps a recording from being one is noticed and reported: devices, shares and discs that fail."""

from __future__ import annotations

import contextlib
import signal
import time

from playwright.sync_api import Playwright

from tests.pictures import ARTEFACTS, LOOKED_AT
from tests.room.browser.app_window import CAMERA_PROCESS, AppWindow
from tests.room.browser.recordings import at
from tests.room.browser.studio import Studio

TABS, FIRST_TAB, PICTURE, SHARE = (372, 103), (400, 160), (400, 232), (787, 504)
"""In the picker: Chromium 标签页 and its first line, the picture of 整个屏幕 (open already), and 分享."""
SHARING_BAR = (822, 735)
"""Where "Stop sharing" is, in the bar that Chromium puts over the lowest edge of a screen of 1366x768."""

_SOME_PARTS = 60_000
"""Space for a second or two of a recording (bytes)."""


class TestWatching:
    def test_black_and_frozen_pictures(self, studio: Studio) -> None:
        studio.open()
        studio.run("room.record('camera', {limits: {blackAfterMs: 3000, frozenAfterMs: 2000}})")
        time.sleep(2)
        studio.camera.blacken()
        black_from = time.time()
        studio.wait_for_event("black-picture")
        assert at(studio.room.event("black-picture")["at"]) - black_from > 2.5
        studio.camera.move()
        studio.wait_for_event("picture-back")
        studio.camera.freeze()
        frozen = studio.room.codes().count("frozen")
        studio.wait_for_event("frozen", frozen + 1)
        studio.camera.move()
        studio.wait(lambda: studio.room.event("picture-back")["facts"]["was"] == "frozen", "back")
        studio.complete()

    def test_silent_microphone(self, studio: Studio) -> None:
        studio.open()
        studio.run("room.record('camera', {limits: {silentAfterMs: 2000}})")
        studio.wait(lambda: float(str(studio.run("room.recorders.camera.level"))) > 0.05, "a level")
        assert "silent" not in studio.room.codes()
        studio.wait_for_event("silent")
        studio.complete()

    def test_camera_that_stops_and_goes(self, studio: Studio) -> None:
        studio.open()
        studio.run("room.record('camera', {limits: {frozenAfterMs: 2000}})")
        studio.window.signal(signal.SIGSTOP, CAMERA_PROCESS)
        studio.wait_for_event("frozen")
        studio.window.signal(signal.SIGCONT, CAMERA_PROCESS)
        studio.wait_for_event("picture-back")
        assert "take-ended" not in studio.room.codes()
        studio.window.signal(signal.SIGKILL, CAMERA_PROCESS)
        studio.wait_for_event("take-ended")
        assert studio.room.event("track-ended")["facts"]["kind"] == "video"
        assert studio.room.event("take-ended")["facts"]["cause"] == "track-ended"
        studio.run("room.record('camera')")  # plugged in again: a new take
        time.sleep(1)
        studio.complete()
        assert len(studio.room.takes) == 2

    def test_camera_that_gives_nothing_ends_the_take(self, studio: Studio) -> None:
        studio.open()
        studio.run("room.record('camera', {limits: {quietMs: 3000}})")
        studio.window.signal(signal.SIGSTOP, CAMERA_PROCESS)
        studio.wait_for_event("take-ended")
        studio.window.signal(signal.SIGCONT, CAMERA_PROCESS)
        assert studio.room.event("recorder-error")["facts"]["error"] == "NoDataError"
        studio.complete()

    def test_share_that_is_ended_by_the_browsers_bar(self, studio: Studio) -> None:
        studio.open("screen")
        time.sleep(2)
        studio.screen.click(*SHARING_BAR)
        studio.wait_for_event("share-ended")
        studio.wait_for_event("take-ended")
        studio.complete()

    def test_full_disc_ends_the_take_in_good_order(self, studio: Studio) -> None:
        studio.window.kill()  # a browser that found space goes on for up to 30 s before it asks again
        studio.open()
        session = studio.window.page.context.new_cdp_session(studio.window.page)
        origin = {"origin": studio.server.url}
        used = session.send("Storage.getUsageAndQuota", origin)["usage"]
        session.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": used + _SOME_PARTS})
        studio.run("room.record('camera', {segmentMs: 1000})")
        studio.wait_for_event("take-ended")
        assert "quota-stop" in studio.room.codes()
        assert studio.room.event("take-ended")["facts"]["cause"] == "quota-stop"
        session.send("Storage.overrideQuotaForOrigin", origin)
        studio.complete()

    def test_little_space_is_an_event_before_it_is_too_late(self, studio: Studio) -> None:
        studio.open()
        # Chromium 156 always answers 10 GiB, so as not to give the computer away; older ones answer honestly.
        studio.run(
            "void function () { room.quota = 1024;"
            "navigator.storage.estimate = () => Promise.resolve({usage: 0, quota: room.quota * 1048576}) }()"
        )
        studio.run("room.record('camera')")
        studio.wait_for_event("quota-low")
        assert "take-ended" not in studio.room.codes()
        studio.run("void (room.quota = 100)")
        studio.wait_for_event("take-ended")
        assert studio.room.event("take-ended")["facts"]["cause"] == "quota-stop"
        studio.complete()


class TestPicker:
    """A Chinese Chromium asks, since no ASCII flag matches its name of the screen."""

    def test_whole_screen_alone_is_recorded(self, studio: Studio, playwright: Playwright) -> None:
        window = studio.new_window(playwright, "chinese", language="zh_CN")
        with contextlib.closing(window):
            window.start(studio.url(), [])
            window.wait_for("window.room && room.ready")
            other = window.page.context.new_page()
            other.goto(studio.server.url + "/room/static/hex.js")
            assert self._choose(studio, window) == "NotAllowedError"
            assert self._choose(studio, window, TABS, FIRST_TAB, SHARE) == "surface-wrong"
            other.close()
            assert self._choose(studio, window, PICTURE, SHARE) == "recording"
            window.page.evaluate("room.stop()")
            studio.wait(studio.room.is_complete, "complete")
        (take,) = studio.room.takes.values()
        assert take["stream"] == "screen"
        studio.is_whole = True

    def _choose(self, studio: Studio, window: AppWindow, *places: tuple[int, int]) -> object:
        """Answer the picker with clicks, or cancel it; returns what became of it.

        The picker draws its pictures late on a busy machine, and takes no click before.
        """
        window.page.bring_to_front()  # a shared tab comes to the front
        window.page.evaluate("void room.ask('screen')")
        for _ in range(10):
            time.sleep(1.5)
            if LOOKED_AT:
                studio.screen.shot(ARTEFACTS / f"picker-{len(places)}.png")
            for place in places:
                studio.screen.click(*place)
                time.sleep(0.7)
            if not places:
                studio.screen.press("Escape")
            if window.page.evaluate("room.asked"):
                break
        return window.wait_for("room.asked")
