"""A line to a server, as slow as it is told: what is sent is counted, held to a rate, and delayed.

It runs as a process of its own, so that what it costs does not slow down who sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from ctypes import c_double, c_ulonglong
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class Uplink:
    """A running line. ``port`` is where to connect instead of to the server's own port."""

    port: int
    _sent: Any
    _rate: Any
    _delay: Any

    @property
    def sent(self) -> int:
        """Bytes that were sent through it so far, requests' headers included."""
        return int(self._sent.value)

    @contextlib.contextmanager
    def held_to(self, mbit_per_s: float = 0, delay_ms: float = 0) -> Iterator[None]:
        """Hold all connections together to a rate (0: none), and each piece back for a time."""
        self._rate.value, self._delay.value = mbit_per_s * 1e6 / 8, delay_ms / 1e3
        try:
            yield
        finally:
            self._rate.value = self._delay.value = 0


@contextlib.contextmanager
def uplink(host: str, port: int) -> Iterator[Uplink]:
    """A line to a server."""
    context = multiprocessing.get_context("spawn")
    sent, rate, delay = (context.Value(kind, 0) for kind in (c_ulonglong, c_double, c_double))
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(host, port, sent, rate, delay, theirs), daemon=True)
    process.start()
    try:
        yield Uplink(ours.recv(), sent, rate, delay)
    finally:
        process.terminate()
        process.join()


def _serve(host: str, port: int, sent: Any, rate: Any, delay: Any, told: Connection) -> None:  # noqa: ANN401
    asyncio.run(_Line(host, port, sent, rate, delay).serve(told))


class _Line:
    """The line's own process."""

    def __init__(self, host: str, port: int, sent: Any, rate: Any, delay: Any) -> None:  # noqa: ANN401
        self.target = host, port
        self.sent, self.rate, self.delay = sent, rate, delay
        self.free_at = 0.0

    async def serve(self, told: Connection) -> None:
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0, limit=_PIECE_BYTES)
        told.send(server.sockets[0].getsockname()[1])
        async with server:
            await server.serve_forever()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(*self.target, limit=_PIECE_BYTES)
        with contextlib.suppress(OSError):
            await asyncio.gather(self.up(reader, up_writer), _down(up_reader, writer))

    async def up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What is sent: counted, held to the rate that all share, held back."""
        try:
            while piece := await reader.read(_PIECE_BYTES):
                self.sent.value += len(piece)
                await self.wait(len(piece))
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()

    async def wait(self, size: int) -> None:
        now, rate = asyncio.get_running_loop().time(), self.rate.value
        if rate:
            self.free_at = max(now, self.free_at) + size / rate
            await asyncio.sleep(self.free_at - now)
        if self.delay.value:
            await asyncio.sleep(self.delay.value)


async def _down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
