"""What was recorded is kept and arrives: recorder and uploader in Chromium, as the client starts it."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.e2e.wine import ARTEFACTS
from tests.room.browser.app_window import CAMERA_PROCESS, AppWindow
from tests.room.browser.recordings import at, longest_gap, overlaps_s, play
from tests.room.browser.studio import Studio
from tests.room.recording_server import Answer

MOST_MISSING = 8
"""Frames of the film that may be missing in a row: at five frames a second, two are between any two, and a
busy computer drops one."""
TABS, FIRST_TAB, PICTURE, SHARE = (372, 103), (400, 160), (400, 232), (787, 504)
"""In the picker: Chromium 标签页 and its first line, the picture of 整个屏幕 (open already), and 分享."""
SHARING_BAR = (822, 735)
"""Where "Stop sharing" is, in the bar that Chromium puts over the lowest edge of a screen of 1366x768."""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def studio_of_file(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(playwright, tmp_path_factory.mktemp("studio"))
    yield studio
    studio.close()


@pytest.fixture
def studio(studio_of_file: Studio, request: pytest.FixtureRequest) -> Iterator[Studio]:
    studio_of_file.begin(request.node.name)
    yield studio_of_file
    studio_of_file.end()


class TestRecording:
    def test_segments_are_files_without_a_gap_between_them(self, studio: Studio) -> None:
        studio.open("camera,screen")
        time.sleep(4.5)
        studio.complete()
        assert {take["stream"] for take in studio.room.takes.values()} == {"camera", "screen"}
        for name, take in studio.room.takes.items():
            segments = [play(path) for path in studio.room.files(name)]
            assert len(segments) >= 3
            assert min(overlaps_s(studio.room, name)) > 0
            if take["stream"] == "camera":
                assert longest_gap(segments) <= MOST_MISSING
                assert all(segment.sounds > 0 for segment in segments)
        assert studio.room.most_at_once <= 2
        assert studio.room.codes().count("take-began") == 2
        assert studio.room.event("take-ended")["facts"]["cause"] == "stopped"

    def test_kill_loses_one_part_at_most(self, studio: Studio) -> None:
        studio.open("camera", segment=3000, part=2000)
        time.sleep(5.7)
        killed_at = time.time()
        studio.window.kill()
        assert not studio.room.is_complete()
        studio.open()
        studio.wait_until_complete()
        assert studio.room.event("take-ended")["facts"]["cause"] == "rescued"
        last = max(at(facts["ended_at"]) for facts in studio.room.announced.values())
        assert killed_at - last < 2.6  # 2 s, and the time that the write takes
        (take,) = studio.room.takes
        assert longest_gap([play(path) for path in studio.room.files(take)]) <= MOST_MISSING

    def test_reload_ends_a_take_and_begins_another(self, studio: Studio) -> None:
        studio.open("camera")
        time.sleep(2)
        studio.window.page.reload()
        studio.window.wait_for("window.room && room.ready")
        time.sleep(1)
        studio.complete()
        assert len(studio.room.takes) == 2
        causes = [event["facts"]["cause"] for event in studio.room.events if event["code"] == "take-ended"]
        assert sorted(causes) == ["rescued", "stopped"]

    def test_sleep_is_an_event_and_recording_goes_on(self, studio: Studio) -> None:
        studio.open("camera", segment=20000)
        time.sleep(1)
        studio.window.disconnect()
        studio.window.signal(signal.SIGSTOP)
        time.sleep(6.5)
        studio.window.signal(signal.SIGCONT)
        studio.wait_for_event("sleep")
        time.sleep(1.5)
        studio.complete()
        assert 5000 < studio.room.event("sleep")["facts"]["wall_ms"] < 9000
        (take,) = studio.room.takes
        assert len(studio.room.files(take)) == 2  # a new segment after the sleep

    def test_hidden_page_goes_on(self, studio: Studio) -> None:
        studio.window.kill()
        # An app window is never hidden by another, thanks to the client's flags: a tab is.
        studio.window.start(studio.url("camera"), as_tab=True)
        studio.wait_for_event("take-began")
        studio.screen.click(683, 400)
        studio.screen.press("ctrl+t")
        studio.wait_for_event("hidden")
        hidden_at = len(studio.room.announced)
        studio.wait(lambda: len(studio.room.announced) >= hidden_at + 3, "segments while hidden")
        studio.screen.press("ctrl+w")
        studio.wait_for_event("visible")
        studio.complete()
        (take,) = studio.room.takes
        assert longest_gap([play(path) for path in studio.room.files(take)]) <= MOST_MISSING
        studio.window.kill()

    def test_numbers_have_no_gap_where_a_run_left_nothing(self, studio: Studio) -> None:
        studio.open()
        numbers = studio.run(
            """(async () => {
              const parts = room.parts, blob = new Blob(["x"]);
              const began_at = "2026-01-01T00:00:00.000Z", times = {started_at: began_at, ended_at: began_at};
              await parts.addTake({take: "aa", stream: "other", mime: "video/webm", began_at});
              await parts.addPart(Object.assign({take: "aa", run: 0, k: 0, blob}, times));
              await parts.addPart(Object.assign({take: "aa", run: 2, k: 0, blob}, times));
              const closed = [await parts.closeRun("aa", 0), await parts.closeRun("aa", 0)];
              const promised = await parts.endTake("aa");
              return [closed.map((segment) => segment && segment.n), promised];
            })()"""
        )
        assert numbers == [[0, None], 2]
        studio.clear()


class TestUpload:
    def test_busy_broken_and_slow_rooms_get_everything(self, studio: Studio) -> None:
        studio.open("camera", segment=1000)
        studio.room.answers = [
            Answer(500),
            Answer(503),
            Answer(429),
            Answer(0, 1.5),
            Answer(403),
            Answer(500),
        ]
        time.sleep(4)
        studio.complete()
        statuses = [status for _, status in studio.room.puts]
        assert {500, 503, 429, 403, 201} <= set(statuses)
        assert statuses.count(201) == len({name for name, _ in studio.room.puts})
        assert "upload-fault" not in studio.room.codes()

    def test_expired_address_is_replaced_and_makes_no_loop(self, studio: Studio) -> None:
        studio.room.url_life_s = -1
        studio.open("camera", segment=1000)
        time.sleep(4)
        refused = len(studio.room.puts)
        assert 1 <= refused <= 12
        studio.room.url_life_s = 60
        studio.complete()

    @pytest.mark.parametrize("status", [409, 413])
    def test_refusal_for_good_is_an_event_once(self, studio: Studio, status: int) -> None:
        studio.open("camera", segment=1000)
        studio.room.answers = [Answer(status)]
        studio.wait_for_event("upload-fault")
        studio.run("room.stop()")
        studio.wait_for_event("take-ended")
        facts = studio.room.event("upload-fault")["facts"]
        assert facts["status"] == status
        (take,) = studio.room.takes
        stored = [int(path.name[:6]) for path in studio.room.files(take)]
        promised = studio.run("room.parts.takes().then(([take]) => take.promised)")
        studio.wait(lambda: len(studio.room.files(take)) == promised - 1, "the others")  # type: ignore[operator]
        assert facts["n"] not in stored
        assert [status for name, status in studio.room.puts if int(name[:6]) == facts["n"]] == [status]
        studio.wait(lambda: studio.run("room.progress.faults") == 1, "counted")
        studio.wait(lambda: studio.run("room.progress.segments") == 0, "none waits")
        assert studio.run("room.left().then((left) => left.segments)") == 1  # kept for people
        studio.clear()

    def test_lost_network_loses_nothing(self, studio: Studio) -> None:
        studio.open("camera", segment=1000)
        time.sleep(1)
        studio.server.stop()
        time.sleep(4)
        studio.wait(
            lambda: studio.run("room.progress.failing && room.progress.segments >= 3") is True, "backlog"
        )
        studio.server.start()
        studio.complete()

    def test_one_of_two_windows_uploads_and_none_rescues_the_other(self, studio: Studio) -> None:
        studio.room.refuses_older_windows = False
        studio.open("camera", segment=1000)
        older = studio.window.page
        newer = older.context.new_page()
        newer.goto(studio.url("camera", segment=1000))
        time.sleep(3)
        assert newer.evaluate("room.rescue()") == []
        assert older.evaluate("room.rescue()") == []
        assert "rescued" not in [event["facts"].get("cause") for event in studio.room.events]
        studio.room.refuses_older_windows = True
        studio.wait(
            lambda: older.evaluate("room.replaced && Object.keys(room.media).length === 0"), "replaced"
        )
        time.sleep(1)
        newer.evaluate("room.stop()")
        older.goto("about:blank")
        studio.wait(studio.room.is_complete, "complete")
        names = [name for name, status in studio.room.puts if status in (200, 201)]
        assert len(names) == len(set(names))
        assert len(studio.room.takes) == 2
        newer.close()

    def test_rate_follows_the_uplink(self, studio: Studio) -> None:
        studio.open()
        rates = studio.run(
            "import('/room/static/capture.js').then((made) => [2e6, 600e3, 300e3, 1e3].map(made.rateFor))"
        )
        assert rates == [15, 8, 5, 5]
        studio.clear()


class TestWatching:
    def test_black_and_frozen_pictures(self, studio: Studio) -> None:
        studio.open()
        studio.run("room.record('camera', {limits: {frozenAfterMs: 3000}})")
        time.sleep(2)
        studio.camera.blacken()
        black_from = time.time()
        studio.wait_for_event("black-picture")
        assert at(studio.room.event("black-picture")["at"]) - black_from > 4.5
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
        studio.open("camera", segment=1000)
        session = studio.window.page.context.new_cdp_session(studio.window.page)
        origin = {"origin": studio.server.url}
        session.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 1})
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
            studio.screen.shot(ARTEFACTS / f"picker-{len(places)}.png")
            for place in places:
                studio.screen.click(*place)
                time.sleep(0.7)
            if not places:
                studio.screen.press("Escape")
            if window.page.evaluate("room.asked"):
                break
        return window.wait_for("room.asked")
