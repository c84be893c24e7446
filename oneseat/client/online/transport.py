"""Interface between the HTTP client and what carries its requests: WinHTTP on Windows, sockets elsewhere.

A transport sends one request and follows no redirect. It raises PortalUnreachable or a class below it, and
PortalAnswerUnusable for a response that is not HTTP.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, ContextManager, Iterable, Mapping, Optional, Protocol, Union
from urllib.parse import SplitResult, urlsplit


class TimeLimit:
    """Time limit of one exchange: ``each_s`` for every operation, ``whole_s`` for all together."""

    def __init__(self, each_s: float, whole_s: Optional[float] = None) -> None:
        self._each_s = each_s
        self._ends = None if whole_s is None else time.monotonic() + whole_s

    def left_s(self) -> float:
        """Seconds that the next operation may take; 0 or less once the time is over."""
        if self._ends is None:
            return self._each_s
        return min(self._each_s, self._ends - time.monotonic())


@dataclass(frozen=True)
class Request:
    """One HTTP request: a POST if there is a body, in one piece or in chunks, of ``length`` bytes.

    ``verb`` is another method to use instead.
    """

    url: str
    headers: Mapping[str, str]
    body: Union[bytes, Iterable[bytes], None]
    length: int
    limit: TimeLimit
    may_use_proxy: bool
    verb: str = ""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.verb or ("GET" if self.body is None else "POST")

    @property
    def parts(self) -> SplitResult:
        """The address, split."""
        return urlsplit(self.url)

    @property
    def path(self) -> str:
        """Path and query."""
        parts = self.parts
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    @property
    def port(self) -> int:
        """The port, which the scheme decides unless it is written."""
        parts = self.parts
        return parts.port or (443 if parts.scheme == "https" else 80)


class Response(Protocol):
    """Status, ``Location`` header (empty if there is none), and the body as it arrives."""

    status: int
    location: str

    def read(self, count: int) -> bytes:
        """Read at most ``count`` bytes, and fewer only at the body's end."""
        ...


Transport = Callable[[Request], ContextManager[Response]]
