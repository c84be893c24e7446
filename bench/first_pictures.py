"""What it costs a room when many pages begin to record at one moment: their first live pictures."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from datetime import datetime
from pathlib import Path

from bench import rooms
from bench.pages import Http
from bench.servers import Server
from oneseat.room.services.watching.live_pictures import CAMERA, SCREEN
from tests.room import crowd
from tests.room.held_exam import EXAM, HeldExam

WITHIN_S = 8.0
"""``FIRST_WITHIN_MS`` of templates/room/static/live_pictures.js."""


def measure(exam: HeldExam, pages: int, at: datetime, log: Path) -> dict[str, float]:
    """CPU microseconds of a picture with its connection, and how long 99 of 100 wait for their answer."""
    seats = rooms.seat(exam, pages)
    with rooms.serving(exam, at, log) as room:
        before = room.cpu_s()
        waited_s = asyncio.run(_send_all(room, exam, seats.cookies))
        time.sleep(2)  # until all of them are stored
        spent_s = room.cpu_s() - before
    return {
        "first_picture_us": spent_s / len(waited_s) * 1e6,
        "first_pictures_p99_ms": statistics.quantiles(waited_s, n=100)[-1] * 1e3,
    }


async def _send_all(room: Server, exam: HeldExam, cookies: list[str]) -> list[float]:
    """Send two pictures for each page at random moments; return the seconds until each answer."""
    pictures = {CAMERA: crowd.portrait(1), SCREEN: crowd.screen_of(1)}
    requests = [
        _request(room, exam, cookie, stream, picture)
        for cookie in cookies
        for stream, picture in pictures.items()
    ]
    return await asyncio.gather(*(_send(room, request) for request in requests))


def _request(room: Server, exam: HeldExam, cookie: str, stream: str, picture: bytes) -> bytes:
    head = (
        f"POST /room/api/picture?stream={stream}&epoch=0 HTTP/1.1\r\nhost: {_host(room)}\r\n"
        f"origin: {exam.origin}\r\ncookie: oneseat-room-{EXAM}={cookie}\r\ncontent-type: image/jpeg\r\n"
        f"content-length: {len(picture)}\r\n\r\n"
    )
    return head.encode() + picture


def _host(room: Server) -> str:
    return room.url.removeprefix("http://")


async def _send(room: Server, request: bytes) -> float:
    host, port = _host(room).split(":")
    await asyncio.sleep(random.random() * WITHIN_S)  # noqa: S311 -- a load
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    transport, http = await loop.create_connection(Http, host, int(port))
    status, answer = await http.send(request)
    assert status == 204, answer
    transport.close()
    return time.perf_counter() - began
