"""What was recorded is kept and arrives: recorder and uploader in Chromium, as the client starts it."""

from __future__ import annotations

import signal
import time

import pytest

from tests.room.browser.recordings import at, longest_gap, overlaps_s, play
from tests.room.browser.studio import Studio
from tests.room.recording_server import Answer

MOST_MISSING = 8
"""Frames of the film that may be missing in a row: at five frames a second, two are between any two, and a
busy computer drops one."""

_TWO_UPLOADS = """import('/room/static/uplink.js').then(({ Uplink }) => {
  const uplink = new Uplink();
  const steady = performance.now.bind(performance);
  let ms = 1000;
  performance.now = () => ms;
  const known = [];
  const first = uplink.begin(100000);
  ms += 1000;
  const second = uplink.begin(100000);
  known.push(uplink.bps);
  ms += 3000;
  uplink.end(first, true);
  known.push(uplink.bps);
  uplink.end(second, false);
  known.push(uplink.bps);
  performance.now = steady;
  return known;
})"""


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
            """navigator.locks.request("take-aa", async () => {  // or it would be rescued
              const parts = room.parts, blob = new Blob(["x"]);
              const began_at = "2026-01-01T00:00:00.000Z", times = {started_at: began_at, ended_at: began_at};
              await parts.addTake({take: "aa", stream: "other", mime: "video/webm", began_at});
              await parts.addPart(Object.assign({take: "aa", run: 0, k: 0, blob}, times));
              await parts.addPart(Object.assign({take: "aa", run: 2, k: 0, blob}, times));
              const closed = [await parts.closeRun("aa", 0), await parts.closeRun("aa", 0)];
              const promised = await parts.endTake("aa");
              return [closed.map((segment) => segment && segment.n), promised];
            })"""
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

    def test_two_uploads_at_once_share_one_uplink(self, studio: Studio) -> None:
        """The first sends 100 kB in 4 s; the second, begun a second later, must have sent 75 kB by then."""
        studio.open()
        bps = studio.run(_TWO_UPLOADS)
        assert bps == [None, 350_000, 200_000]
        studio.clear()
