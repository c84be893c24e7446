"""Streams a candidate's installer or phone app: the base's memory-mapped prefix, then a stamped tail.

No such file exists. The prefix is one read-only memory map per base and process; the tail is a
few KiB made for the request. The body goes to the server as views of at most
:data:`SLICE_BYTES`, so a download copies no file and uses no memory that grows with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from oneseat.portal.refusals.downloads import PreconditionRefused, RangeRefused
from oneseat.portal.rules.ranges import RangeReply, Representation, Span, answer
from oneseat.web.problems import problem_response
from signing import containers

SLICE_BYTES = 1 << 20
MEDIA_TYPE = containers.INSTALLER.media_type
"""The type that IANA registered for Windows programs."""
PHONE_MEDIA_TYPE = containers.PHONE.media_type
"""The type by which Android offers to install what was downloaded."""

_ATTR_CHAR = "!#$&+-.^_`|~"
"""The characters besides letters and digits that RFC 8187, 3.2.1 leaves unescaped."""

_SUFFIX = re.compile(r"\.[A-Za-z0-9]+\Z")

OnSent = Callable[[bool], Awaitable[None]]
"""Callback after a body: True if the file's last byte was sent to a client that was still connected."""


class SharedPrefix:
    """The bytes of a base installer before its licence region, mapped once and shared.

    Raises:
        OSError: the file cannot be opened or mapped.
        ValueError: the file is shorter than ``size``.
    """

    def __init__(self, path: Path, size: int) -> None:
        with path.open("rb") as base:
            self._map = mmap.mmap(base.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._map) < size:
            raise ValueError(f"{path.name} holds {len(self._map)} bytes, fewer than its head of {size}")
        self.view = memoryview(self._map)[:size]
        self.size = size


@dataclass(frozen=True)
class ComposedInstaller:
    """One stamped installer or phone app: ``prefix`` then ``tail``; ``sha256`` (hex) is over both.

    ``signer_name`` is what Windows shows as the publisher; empty for a development certificate.
    """

    prefix: SharedPrefix
    tail: bytes = field(repr=False)
    sha256: str
    file_name: str
    signer_name: str = ""
    media_type: str = MEDIA_TYPE
    artefact: str = containers.INSTALLER.artefact

    @property
    def size(self) -> int:
        """The length of the whole file in bytes."""
        return self.prefix.size + len(self.tail)

    @property
    def etag(self) -> str:
        """The strong entity tag: the file's own digest."""
        return f'"{self.sha256}"'

    def slices(self, span: Span) -> Iterator[memoryview]:
        """The bytes of ``span`` as views, none longer than :data:`SLICE_BYTES`."""
        tail = memoryview(self.tail)
        for part, offset in ((self.prefix.view, 0), (tail, self.prefix.size)):
            position = max(span.start - offset, 0)
            stop = min(span.stop - offset, len(part))
            while position < stop:
                following = min(position + SLICE_BYTES, stop)
                yield part[position:following]
                position = following


def content_disposition(file_name: str) -> str:
    """An attachment under a UTF-8 name (RFC 6266 with RFC 8187), with an ASCII fallback."""
    plain = "".join(c for c in file_name if c.isascii() and (c.isalnum() or c in "-_. ")).strip(" -_.")
    suffix = _SUFFIX.search(file_name)
    if not plain or (suffix is not None and plain == suffix[0][1:]):
        plain = "installer" + (suffix[0] if suffix is not None else "")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe=_ATTR_CHAR)}"


class ComposedResponse(Response):
    """The answer to one GET or HEAD of a composed installer, ranges and conditions included."""

    def __init__(self, installer: ComposedInstaller, on_sent: OnSent | None = None) -> None:
        super().__init__()
        self.installer = installer
        self.on_sent = on_sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request in ``scope``."""
        what = Representation(self.installer.size, self.installer.etag, self.installer.media_type)
        reply = answer(scope["method"], Headers(scope=scope), what)
        refusal = self._refusal(reply)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": self._start_headers(reply)}
        )
        if scope["method"] == "HEAD" or not reply.parts:
            await send({"type": "http.response.body", "body": b""})
            return
        complete = await self._send_body(reply, receive, send)
        if self.on_sent is not None:
            reached_end = any(part.span.stop == self.installer.size for part in reply.parts)
            await self.on_sent(complete and reached_end)

    def _refusal(self, reply: RangeReply) -> Response | None:
        """The problem document for a condition or range that cannot be met."""
        if reply.status == 416:
            response = problem_response(RangeRefused(size_bytes=self.installer.size))
        elif reply.status == 412:
            response = problem_response(PreconditionRefused())
        else:
            return None
        response.headers.update({**reply.headers, "etag": self.installer.etag, "accept-ranges": "bytes"})
        return response

    def _start_headers(self, reply: RangeReply) -> list[tuple[bytes, bytes]]:
        headers = {
            **reply.headers,
            "etag": self.installer.etag,
            "accept-ranges": "bytes",
            "cache-control": "private, no-cache, no-transform",
            "vary": "Authorization, Cookie",
            "x-content-type-options": "nosniff",
        }
        if reply.status != 304:
            headers["content-length"] = str(reply.content_length)
        if reply.status in (200, 206):
            headers["content-disposition"] = content_disposition(self.installer.file_name)
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def _send_body(self, reply: RangeReply, receive: Receive, send: Send) -> bool:
        """Send every piece, stopping when the client disconnects; True if it did not."""
        gone = asyncio.create_task(_disconnect(receive))
        try:
            for piece in self._pieces(reply):
                if gone.done():
                    return False
                await send(_body(piece, more=True))
            still_there = not gone.done()
            await send(_body(b"", more=False))
        except OSError:
            return False
        else:
            return still_there
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    def _pieces(self, reply: RangeReply) -> Iterator[bytes | memoryview]:
        for part in reply.parts:
            if part.preamble:
                yield part.preamble
            yield from self.installer.slices(part.span)
        if reply.epilogue:
            yield reply.epilogue


def _body(piece: bytes | memoryview, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def _disconnect(receive: Receive) -> None:
    """Return once the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
