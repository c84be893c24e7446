"""What the wall of a room costs its process: a session of 1,000 attempts, watched by one person a group.

Each viewer opens a page, follows its stream and fetches each picture as it changes; pictures come of every
stream every 20 seconds. CPU time is the room process's own. Keys of the ``--json`` object:

* ``wall_ms_per_s`` -- CPU time of the room process per viewer and second; at most 20
* ``wall_alone_ms_per_s`` -- the same where one person watches: the session is read for one viewer
* ``wall_open_ms`` -- CPU time of opening a page
* ``wall_paint_ms`` -- in a browser, from the navigation until forty tiles are drawn; at most 1,000. Not with
  ``--no-browser``
* ``wall_pictures_ms`` -- the same until all their pictures are loaded
* ``first_picture_us`` -- CPU time of taking in a page's first live picture, with its connection
* ``first_pictures_p99_ms`` -- until 99 of 100 are answered when all pages begin to record at one moment; at
  most 500
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx

from bench import first_pictures, rooms
from bench.measure import report
from bench.servers import Server
from oneseat.room.rules.live_pictures import EVERY_S
from oneseat.room.rules.wall import PER_PAGE
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import NewOperator
from tests.room import crowd
from tests.room.held_exam import EXAM, STARTS, HeldExam, RoomKeys
from tests.room.staff_entry import FROM_DESK, WATCHER

_ATTEMPTS = 1000
_OPENINGS = 20
AT_MOST = {"wall_ms_per_s": 20.0, "wall_paint_ms": 1000.0, "first_pictures_p99_ms": 500.0}
_START = re.compile(r'<script type="application/json" id="start">(.*?)</script>', re.DOTALL)
_TILES = f"() => document.querySelectorAll('.tile').length === {PER_PAGE} && performance.now()"
_PICTURES = (
    "() => [...document.querySelectorAll('.shot img')].every((each) => each.complete && each.naturalWidth) "
    "&& performance.now()"
)


class Session:
    """The crowd before a room, whose pictures go on coming."""

    def __init__(self, exam: HeldExam, room: Server) -> None:
        self.exam, self.room = exam, room
        self._began = time.monotonic()

    @property
    def now(self) -> datetime:
        """What the room's clock shows."""
        return STARTS + timedelta(seconds=time.monotonic() - self._began)

    def entry(self, name: str) -> str:
        """Let another person in, as the desk does."""
        with self.exam.database.writing() as connection:
            operators.add(connection, NewOperator(EXAM, name, WATCHER, "no hash", None), STARTS)
            return operators.open_entry(connection, EXAM, name, self.now, "desk.example")

    async def bring_pictures(self) -> None:
        """Bring new pictures of all attempts every 20 seconds, some each second."""
        share = _ATTEMPTS // EVERY_S
        for turn in range(1 << 30):
            first = turn % EVERY_S * share
            await asyncio.to_thread(crowd.show_again, self.exam, range(first, first + share), self.now)
            await asyncio.sleep(1)


async def _watch(session: Session, name: str, page: int, stack: AsyncExitStack) -> None:
    """Watch a page until cancelled."""
    http = await stack.enter_async_context(httpx.AsyncClient(base_url=session.room.url, timeout=60))
    start = await _open(http, session, name, page)
    await _fetch(http, start["look"], start["tiles"], {})
    known: dict[str, dict[str, int]] = {tile["id"]: tile["pictures"] for tile in start["tiles"]}
    while True:
        async with http.stream("GET", "/staff/wall/live", params={"page": page}) as live:
            async for line in live.aiter_lines():
                if line.startswith("data: "):
                    await _fetch(http, start["look"], json.loads(line[6:])["tiles"], known)


async def _open(http: httpx.AsyncClient, session: Session, name: str, page: int) -> dict[str, Any]:
    answer = await http.post("/staff/enter", headers=FROM_DESK, data={"entry": session.entry(name)})
    assert answer.status_code == 303, answer.text
    return await _load(http, page)


async def _load(http: httpx.AsyncClient, page: int) -> dict[str, Any]:
    text = (await http.get("/staff/wall", params={"page": page})).text
    found = _START.search(text)
    assert found is not None, text
    start: dict[str, Any] = json.loads(found[1])
    return start


async def _fetch(
    http: httpx.AsyncClient, look: str, tiles: list[dict[str, Any]], known: dict[str, dict[str, int]]
) -> None:
    """Fetch the pictures that have changed, as a browser does."""
    for tile in tiles:
        before = known.get(tile["id"], {})
        known[tile["id"]] = tile["pictures"]
        for stream, at in tile["pictures"].items():
            if before.get(stream) != at:
                path = f"/staff/wall/pictures/{tile['id']}/{stream}"
                answer = await http.get(path, params={"v": at, "look": look})
                assert answer.headers["content-type"] == "image/jpeg", answer.text


async def _cost(session: Session, viewers: int, seconds: float) -> float:
    """CPU milliseconds of the room process per viewer and second, once all pages are open."""
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(session.bring_pictures())]
        tasks += [
            asyncio.create_task(_watch(session, f"v{viewers}-{n}", n + 1, stack)) for n in range(viewers)
        ]
        await asyncio.sleep(8)
        before, began = session.room.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        spent_s, took_s = session.room.cpu_s() - before, time.monotonic() - began
        for task in tasks:
            assert not task.done(), task
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return spent_s * 1000 / took_s / viewers


async def _opening(session: Session) -> float:
    """CPU milliseconds of a page's opening."""
    async with httpx.AsyncClient(base_url=session.room.url, timeout=60) as http:
        await _open(http, session, "opener", 1)
        before = session.room.cpu_s()
        for _ in range(_OPENINGS):
            await _load(http, 1)
        return (session.room.cpu_s() - before) * 1000 / _OPENINGS


def _paint(session: Session) -> dict[str, float]:
    """What a browser needs until tiles and pictures are there: the better of two openings."""
    from playwright.sync_api import sync_playwright

    from tests.room.browser.own_browser import browser_with_devices

    with sync_playwright() as playwright, browser_with_devices(playwright) as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        entry = session.entry("painter")
        form = _form(session.room, entry)
        html = "text/html"
        page.route("http://desk.example:8443/**", lambda route: route.fulfill(body=form, content_type=html))
        page.goto("http://desk.example:8443/")
        page.get_by_role("button").click()
        seen = []
        for _ in range(2):
            page.goto(f"{session.room.url}/staff/wall", wait_until="commit")
            tiles = page.wait_for_function(_TILES).json_value()
            seen.append((tiles, page.wait_for_function(_PICTURES).json_value()))
    return {"wall_paint_ms": min(each[0] for each in seen), "wall_pictures_ms": min(each[1] for each in seen)}


def _form(room: Server, entry: str) -> str:
    field = f"<input type=hidden name=entry value='{entry}'>"
    return f"<form method=post action='{room.url}/staff/enter'>{field}<button>Go</button></form>"


def measure(folder: Path, seconds: float, *, browser: bool) -> dict[str, float]:
    """The figures, from one room with its crowd in SQLite."""
    exam = HeldExam(folder / "exam", RoomKeys.make(folder / "keys", rehearsal=True))
    crowd.gather(exam, _ATTEMPTS, STARTS)
    with rooms.serving(exam, STARTS, folder / "log") as room:
        session = Session(exam, room)
        figures = {
            "wall_open_ms": asyncio.run(_opening(session)),
            "wall_alone_ms_per_s": asyncio.run(_cost(session, 1, seconds)),
            "wall_ms_per_s": asyncio.run(_cost(session, _ATTEMPTS // PER_PAGE, seconds)),
            **(_paint(session) if browser else {}),
        }
    exam.database.close()
    beginning = HeldExam(folder / "beginning", exam.keys)
    figures |= first_pictures.measure(beginning, _ATTEMPTS, STARTS, folder / "beginning.log")
    beginning.database.close()
    return figures


@click.command()
@click.option("--seconds", default=40.0, help="How long each round is watched.")
@click.option("--no-browser", is_flag=True, help="Leave out what a browser measures.")
@click.option("--json", "as_json", is_flag=True)
def main(seconds: float, no_browser: bool, as_json: bool) -> None:
    """Measure the wall of a room."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seconds, browser=not no_browser)
    limits = {name: limit for name, limit in AT_MOST.items() if name in figures}
    report("Wall", figures, limits, as_json)


if __name__ == "__main__":
    main()
