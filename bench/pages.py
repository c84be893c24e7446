"""Pages of the exam room as a server sees them, many in one process: raw HTTP, and as little work as can be.

It runs as a program of its own, so that its work does not count as the server's: it reads a :class:`Plan` as
JSON from standard input and prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SEGMENT_BYTES = 4096
EVENT = "bench"
MIME = "video/webm;codecs=vp8,opus"
_MADE = os.urandom(1 << 20)
_COMPLETE_WITHIN_S = 120


@dataclass(frozen=True)
class Plan:
    """What the pages do.

    ``cookies`` are one a page, ``phones`` one a phone, which records a stream more. ``flood`` lets each beat
    follow the one before at once, with one receipt and one address in each; their segments are put into
    ``folder`` without the server. Otherwise each page records ``streams`` streams in segments of
    ``segment_s``, calls every ``beat_s``, and tries again in ``retry_s`` what was refused. ``herd`` is one
    beat of all pages within that many seconds. ``acks`` lists what was acknowledged; each call then brings
    an event, and an answer follows it. ``clock`` is the room's time at the start, in seconds since 1970.
    """

    url: str
    origin: str
    cookie_name: str
    cookies: list[str]
    seconds: float
    streams: int = 3
    segment_s: float = 3.0
    segment_bytes: int = SEGMENT_BYTES
    beat_s: float = 0.5
    retry_s: float = 2.0
    folder: str = ""
    flood: bool = False
    herd: float = 0.0
    hand_in: bool = False
    acks: bool = False
    clock: float = 0.0
    phones: list[str] = field(default_factory=list)
    phone_cookie_name: str = ""


@dataclass
class Seen:
    """What pages saw.

    ``beat_ms`` are the beats while all pages record, ``end_ms`` those from the first recorder's stop on, when
    every page has something to end: in a session all recorders stop within seconds. ``acks`` are take, number
    and SHA-256 of segments that a beat called received, ``events`` attempt and number of events whose beat
    was answered, ``answers`` attempt, number and SHA-256 of answers that were saved. ``gone`` are the pages
    that ended because there was no server any more.
    """

    beats: int = 0
    puts: int = 0
    failed: int = 0
    received: int = 0
    announced: int = 0
    sent_bytes: int = 0
    complete: int = 0
    gone: int = 0
    slowest_hand_in_s: float = 0.0
    has_stopped: bool = False
    took_s: float = 0.0
    beat_ms: list[float] = field(default_factory=list)
    end_ms: list[float] = field(default_factory=list)
    acks: list[tuple[str, int, str]] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    answers: list[tuple[str, int, str]] = field(default_factory=list)


class Gone(Exception):
    """The server has closed the connection."""


class Http(asyncio.Protocol):
    """A kept connection with one request at a time. Answers have a length."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None
        self.room = asyncio.Event()
        self.room.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def pause_writing(self) -> None:
        """Wait before more is written."""
        self.room.clear()

    def resume_writing(self) -> None:
        """Write on."""
        self.room.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol's own
        """Fail the request that waits."""
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(Gone())

    def data_received(self, data: bytes) -> None:
        """Take an answer, once it is whole."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        body = bytes(self.buffer[end + 4 : end + 4 + length])
        self.buffer.clear()
        if self.answer is not None and not self.answer.done():
            self.answer.set_result((int(head[9:12]), body))

    async def send(self, *pieces: bytes) -> tuple[int, bytes]:
        """Send a request and wait for its answer."""
        if self.transport is None:
            raise Gone
        self.answer = asyncio.get_running_loop().create_future()
        for piece in pieces:
            self.transport.write(piece)
            await self.room.wait()
        return await self.answer


class Page:
    """One candidate's page."""

    calls = "/room/api/"
    epoch = 0

    def __init__(self, plan: Plan, cookie: str, seen: Seen) -> None:
        self.plan, self.seen = plan, seen
        host = plan.url.removeprefix("http://")
        self.host, self.port = host.split(":")
        self.head = (
            f" HTTP/1.1\r\nhost: {host}\r\norigin: {plan.origin}\r\ncookie: {self.cookie_name}={cookie}\r\n"
            "accept-encoding: identity\r\ncontent-type: application/json\r\ncontent-length: "
        )
        self.takes = {secrets.token_hex(12): stream for stream in self.streams}
        self.counts = dict.fromkeys(self.takes, 0)
        self.began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.waiting: dict[tuple[str, int], tuple[bytes, str]] = {}
        self.stored: set[tuple[str, int]] = set()
        self.attempt: dict[str, Any] = {}
        self.wanted: list[dict[str, Any] | None] = []
        self.has_wanted = asyncio.Event()
        self.started = time.time()
        self.events = self.answers = 0
        self.chain = "00" * 32

    @property
    def cookie_name(self) -> str:
        """The name of its cookie."""
        return self.plan.cookie_name

    @property
    def streams(self) -> list[str]:
        """What each of its takes is a recording of."""
        return ["screen" if index == 1 else "camera" for index in range(self.plan.streams)]

    def facts(self) -> dict[str, Any]:
        """What its beats have beside takes and segments."""
        return {}

    async def connect(self) -> None:
        """Open the connections: one for calls, one for uploads."""
        self.http = await self.connection()
        if not self.plan.flood:
            self.uploads = await self.connection()

    async def connection(self) -> Http:
        """A new connection."""
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(Http, self.host, int(self.port))
        except OSError:
            raise Gone from None
        return made

    async def exchange(self, kept: Http, *pieces: bytes) -> tuple[Http, tuple[int, bytes]]:
        """Send a request, and return its answer and the connection for the next one.

        A server may close an idle connection in the moment in which it is used again. A browser then sends
        the request once more, on a new one.
        """
        if kept.transport is not None:
            with contextlib.suppress(Gone):
                return kept, await kept.send(*pieces)
        fresh = await self.connection()
        return fresh, await fresh.send(*pieces)

    def close_segment(self, take: str) -> None:
        """A segment of a take is finished."""
        size = self.plan.segment_bytes
        at = random.randrange(max(1, len(_MADE) - 4096))  # noqa: S311 -- a load, no secret
        piece = secrets.token_bytes(16) + _MADE[at : at + min(size, len(_MADE)) - 16]
        content = (piece * (size // len(piece) + 1))[:size]
        self.waiting[take, self.counts[take]] = content, hashlib.sha256(content).hexdigest()
        self.counts[take] += 1
        self.seen.announced += 1

    async def call(self, name: str, **said: object) -> dict[str, Any]:
        """A call of the page; empty where it was refused."""
        body = json.dumps({"epoch": self.epoch, **said}, separators=(",", ":")).encode()
        head = f"POST {self.calls}{name}{self.head}{len(body)}\r\n\r\n".encode()
        self.http, (status, answer) = await self.exchange(self.http, head + body)
        if status != 200:
            self.seen.failed += 1
            return {}
        result: dict[str, Any] = json.loads(answer)
        self.attempt = result.get("attempt") or self.attempt
        return result

    async def beat(self, *, promising: bool = False, due: float | None = None) -> list[dict[str, Any]]:
        """One beat with everything that is new; the addresses.

        How long it took counts from when it was due: what a slow answer delays is not left out.
        """
        new = [key for key in self.waiting if key not in self.stored][:20]
        said: dict[str, Any] = {
            "segments": [
                {"take": take, "n": n, "size": len(content), "sha256": sha256}
                for take, n in new
                for content, sha256 in [self.waiting[take, n]]
            ],
            "stored": [{"take": take, "n": n} for take, n in self.stored],
        }
        # The page names its takes in each call until they are settled.
        said["takes"] = [
            {
                "take": take,
                "stream": stream,
                "mime": MIME,
                "began_at": self.began,
                "promised": self.counts[take] if promising else None,
            }
            for take, stream in self.takes.items()
        ]
        said |= self.facts()
        if self.plan.acks:
            self.events += 1
            said["events"] = [{"at": self.moment(), "code": EVENT, "facts": {"n": self.events}}]
        began, ending = time.perf_counter() if due is None else due, self.seen.has_stopped
        answer = await self.call("beat", **said)
        if answer and self.plan.acks:
            self.seen.events.append((self.attempt["nonce"], self.events))
        (self.seen.end_ms if ending else self.seen.beat_ms).append((time.perf_counter() - began) * 1e3)
        self.seen.beats += 1
        for each in answer.get("received", ()):
            key = each["take"], each["n"]
            known = self.waiting.pop(key, None)
            if known is not None:
                self.seen.received += 1
                if self.plan.acks:
                    self.seen.acks.append((*key, known[1]))
            self.stored.discard(key)
        puts: list[dict[str, Any]] = answer.get("puts", [])
        return puts

    def moment(self) -> str:
        """The room's time, as a page writes it."""
        at = datetime.fromtimestamp(self.plan.clock + time.time() - self.started, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def write(self) -> None:
        """Send the next answer, chained to the one before."""
        sequence, attempt = self.answers + 1, self.attempt["nonce"]
        answer = {
            "question": "q1",
            "sequence": sequence,
            "previous": self.chain,
            "value": {"spoken": {"take": next(iter(self.takes)), "from_ms": 0, "to_ms": 9000}},
            "made_at": self.moment(),
        }
        text = json.dumps({"attempt": attempt, **answer}, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        if await self.call("answer", **answer, hash=digest):
            self.answers, self.chain = sequence, digest
            self.seen.answers.append((attempt, sequence, digest))

    async def put(self, put: dict[str, Any]) -> None:
        """Upload one segment."""
        key = put["take"], put["n"]
        content, _ = self.waiting[key]
        path = put["url"].removeprefix(self.plan.origin)
        head = (
            f"PUT {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: video/webm\r\n"
            f"content-length: {len(content)}\r\n\r\n"
        )
        self.uploads, (status, _) = await self.exchange(self.uploads, head.encode(), content)
        if status in (200, 201):
            self.stored.add(key)
            self.seen.puts += 1
            self.seen.sent_bytes += len(content)
        else:
            self.seen.failed += 1

    async def flood(self) -> None:
        """Beats one after the other: each has one segment that was stored, and one that is new."""
        until = time.perf_counter() + self.plan.seconds
        take = next(iter(self.takes))
        while time.perf_counter() < until:
            self.close_segment(take)
            for put in await self.beat():
                key = put["take"], put["n"]
                name = put["url"].partition("/room/segments/")[2].partition("?")[0]
                place(Path(self.plan.folder) / name, self.waiting[key][0])
                self.stored.add(key)

    async def record(self) -> None:
        """Record, call and upload, until it is time to hand in; then hand in, until it is complete."""
        plan = self.plan
        began = time.perf_counter()
        phases = {take: random.random() * plan.segment_s for take in self.takes}  # noqa: S311 -- a load
        due = began + random.random() * plan.beat_s  # noqa: S311 -- a load
        uploads = asyncio.ensure_future(self.upload())
        try:
            while due < began + plan.seconds:
                await asyncio.sleep(max(0, due - time.perf_counter()))
                for take, phase in phases.items():
                    while began + phase + self.counts[take] * plan.segment_s <= due:
                        self.close_segment(take)
                self.wanted.extend(await self.beat(due=due))
                self.has_wanted.set()
                if plan.acks and self.attempt:
                    await self.write()
                due += plan.beat_s
        finally:
            self.wanted.append(None)
            self.has_wanted.set()
            await asyncio.gather(uploads, return_exceptions=True)
        if plan.hand_in:
            await self.hand_in()

    async def upload(self) -> None:
        """Upload one segment after the other, beside the calls, up to None.

        An address that comes twice is used once.
        """
        while True:
            await self.has_wanted.wait()
            self.has_wanted.clear()
            while self.wanted:
                put = self.wanted.pop(0)
                if put is None:
                    return
                if (put["take"], put["n"]) in self.waiting.keys() - self.stored:
                    await self.put(put)

    async def hand_in(self) -> None:
        """The recorders stop: what is left is uploaded, the attempt handed in, until it is complete."""
        stopped = time.perf_counter()
        await self.upload_rest()
        takes = [{"take": take, "promised": count} for take, count in self.counts.items()]
        while not await self.call("hand-in", by="candidate", takes=takes):
            self.seen.failed -= 1  # the end has not come
            await asyncio.sleep(self.plan.retry_s)
        # A phone has its own pace, and its recordings belong to the attempt.
        while not self.attempt.get("completed_at") and time.perf_counter() - stopped < _COMPLETE_WITHIN_S:
            await asyncio.sleep(self.plan.beat_s)
            await self.beat(promising=True)
        if self.attempt.get("completed_at"):
            self.seen.complete += 1
            self.seen.slowest_hand_in_s = max(self.seen.slowest_hand_in_s, time.perf_counter() - stopped)

    async def upload_rest(self) -> None:
        """Close, announce and upload the last segments."""
        self.seen.has_stopped = True
        for take in self.takes:
            self.close_segment(take)
        while self.waiting:
            puts = await self.beat(promising=True)
            for put in puts:
                await self.put(put)
            if not puts and self.waiting.keys() - self.stored:
                await asyncio.sleep(0.2)
        await self.beat(promising=True)

    async def once(self) -> None:
        """One beat, at a random moment of the herd's time."""
        await asyncio.sleep(random.random() * self.plan.herd)  # noqa: S311 -- a load
        await self.beat()


class Phone(Page):
    """A candidate's phone: one stream more, and calls of its own."""

    calls = "/phone/api/"
    epoch = 1

    @property
    def cookie_name(self) -> str:
        """The name of its cookie."""
        return self.plan.phone_cookie_name

    @property
    def streams(self) -> list[str]:
        """What its take is a recording of."""
        return ["phone"]

    def facts(self) -> dict[str, Any]:
        """What it says of itself in each beat."""
        return {
            "facts": {"battery": 80, "charging": True, "free_mib": 8000, "backlog_mib": 0, "hidden": False}
        }

    async def hand_in(self) -> None:
        """The recorder stops: what is left is uploaded, and named whole."""
        await self.upload_rest()
        takes = [{"take": take, "promised": count} for take, count in self.counts.items()]
        await self.call("promise", takes=takes)


def place(path: Path, content: bytes) -> None:
    """Put a segment into the store's folder, as an upload would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _groups(pages: list[Page], size: int) -> Iterator[list[Page]]:
    for start in range(0, len(pages), size):
        yield pages[start : start + size]


async def run(plan: Plan) -> Seen:
    """All pages; a server that goes away ends them."""
    seen = Seen()
    pages = [Page(plan, cookie, seen) for cookie in plan.cookies]
    pages += [Phone(plan, cookie, seen) for cookie in plan.phones]
    for group in _groups(pages, 50):
        await asyncio.gather(*(page.connect() for page in group))
    began = time.perf_counter()
    act = Page.flood if plan.flood else Page.once if plan.herd else Page.record
    for end in await asyncio.gather(*(act(page) for page in pages), return_exceptions=True):
        if isinstance(end, Gone):
            seen.gone += 1
        elif isinstance(end, BaseException):
            raise end
    seen.took_s = time.perf_counter() - began
    return seen


def main() -> None:
    """Run a plan."""
    import uvloop

    plan = Plan(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(asdict(uvloop.run(run(plan)))) + "\n")


if __name__ == "__main__":
    main()
