"""When pages send live pictures: the first one soon, later ones at their own moment, recordings first."""

from __future__ import annotations

import time
from typing import Any

from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.studio import Studio

pytestmark = NEEDS_CHROMIUM

FIRST_S = 8
"""Within so many seconds the first picture is sent."""
_BEGIN = """async ({ streams, everyS, chance }) => {
  const { LivePictures } = await import('/room/static/live_pictures.js');
  const { openCamera } = await import('/room/static/capture.js');
  window.sent = [];
  window.backlog = null;
  window.media = {};
  const call = window.fetch.bind(window);
  const note = async (path) => { sent.push({ path, s: (performance.now() - began) / 1000 }); };
  window.fetch = (path, init) => (streams.includes(path) ? note(path) : call(path, init));
  window.reopen = async () => { for (const stream of streams) media[stream] = await openCamera(5); };
  Math.random = () => chance;
  window.pictures = new LivePictures({
    path: (stream) => stream,
    media: (stream) => media[stream] || null,
    backlog: () => backlog,
  });
  await reopen();
  window.began = performance.now();
  pictures.start(streams, everyS);
}"""


class TestLivePictures:
    def test_the_first_comes_soon_and_the_later_ones_at_the_pages_own_moment(self, studio: Studio) -> None:
        begin(studio, ["camera", "phone"], every_s=12, chance=0.1)
        studio.wait(lambda: len(sent(studio)) >= 2, "first pictures")
        assert sorted(path for path, _ in sent(studio)) == ["camera", "phone"]
        assert all(0.7 <= s <= 4 for _, s in sent(studio)), "a tenth of the time for first ones"
        time.sleep(2)
        assert len(sent(studio)) == 2, "the page's own moment came too soon after them"
        studio.wait(lambda: len(sent(studio)) >= 4, "later pictures")
        assert all(13 <= s <= 16 for _, s in sent(studio)[2:])
        end(studio)

    def test_the_moment_of_a_first_picture_is_random_within_some_seconds(self, studio: Studio) -> None:
        begin(studio, ["camera"], every_s=3600, chance=0.5)
        studio.wait(lambda: len(sent(studio)) == 1, "a first picture")
        assert FIRST_S / 2 - 0.3 <= sent(studio)[0][1] <= FIRST_S / 2 + 3
        end(studio)

    def test_while_recordings_wait_none_is_sent_and_then_the_first_one_comes(self, studio: Studio) -> None:
        begin(studio, ["camera"], every_s=3600, chance=0.05, backlog="{segments: 5, failing: false}")
        time.sleep(3)
        assert sent(studio) == []
        studio.run("void (window.backlog = {segments: 0, failing: true})")
        time.sleep(2)
        assert sent(studio) == []
        studio.run("void (window.backlog = {segments: 4, failing: false})")
        studio.wait(lambda: len(sent(studio)) == 1, "a first picture")
        time.sleep(2)
        assert len(sent(studio)) == 1, "one that was owed, no more"
        end(studio)

    def test_a_stream_that_was_lost_and_is_back_has_a_first_picture_again(self, studio: Studio) -> None:
        begin(studio, ["camera"], every_s=3600, chance=0.05)
        studio.wait(lambda: len(sent(studio)) == 1, "a first picture")
        studio.run(
            "void (media.camera.getTracks().forEach((each) => each.stop()), media.camera = null,"
            " pictures.changed('camera'))"
        )
        time.sleep(1.5)
        studio.run("reopen().then(() => pictures.changed('camera'))")
        studio.wait(lambda: len(sent(studio)) == 2, "another first picture")
        assert sent(studio)[1][1] - sent(studio)[0][1] >= 4.9, "the room would drop one that comes sooner"
        time.sleep(2)
        assert len(sent(studio)) == 2
        end(studio)

    def test_where_no_one_watches_no_picture_is_sent(self, studio: Studio) -> None:
        begin(studio, ["camera"], every_s=0, chance=0.05)
        studio.run("pictures.changed('camera')")
        time.sleep(3)
        assert sent(studio) == []
        end(studio)


def begin(studio: Studio, streams: list[str], *, every_s: int, chance: float, backlog: str = "null") -> None:
    """Begin to send pictures of the fake camera; ``chance`` is every random number of the page."""
    studio.open()
    facts = {"streams": streams, "everyS": every_s, "chance": chance}
    studio.window.page.evaluate(_BEGIN.replace("backlog = null", f"backlog = {backlog}"), facts)


def sent(studio: Studio) -> list[tuple[str, float]]:
    """The pictures that were sent: of which stream, and how many seconds after the begin."""
    found: list[dict[str, Any]] = studio.window.page.evaluate("sent")
    return [(each["path"], each["s"]) for each in found]


def end(studio: Studio) -> None:
    """Stop, and leave nothing in the browser."""
    studio.run("void pictures.stop()")
    studio.clear()
