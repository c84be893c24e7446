"""Evaluates conditional and range requests (RFC 9110) for a representation with a strong ETag.

Pure: request headers, a length and an ETag in, a :class:`RangeReply` out. It covers
If-Match and If-None-Match (sections 13.1.1 and 13.1.2), If-Range (13.1.5), Range
(14.2), single and several ranges (15.3.7) and 416 (15.5.17). There is no
Last-Modified, so a date in If-Range never matches (13.1.5) and the conditions on
modification dates are ignored (13.1.3 and 13.1.4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_RANGES = 16
"""More ranges than this in one request are answered with the whole (RFC 9110, 14.2: a server may)."""

_RANGE_SET = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)
_ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_DIGITS = 19
"""Positions longer than this many digits lie past the end of any file."""


@dataclass(frozen=True)
class Span:
    """The bytes of a half-open interval from ``start`` up to ``stop``."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    def content_range(self, total: int) -> str:
        """The value of a Content-Range header."""
        return f"bytes {self.start}-{self.stop - 1}/{total}"


@dataclass(frozen=True)
class Part:
    """One piece of an answer: text of a multipart frame, then a span of the representation."""

    preamble: bytes
    span: Span


@dataclass(frozen=True)
class RangeReply:
    """How to answer: status, the headers that depend on the request, and what the body is made of."""

    status: int
    headers: Mapping[str, str]
    parts: tuple[Part, ...] = ()
    epilogue: bytes = b""

    @property
    def content_length(self) -> int:
        """The bytes of the body, frames included."""
        return sum(len(part.preamble) + part.span.size for part in self.parts) + len(self.epilogue)


@dataclass(frozen=True)
class Representation:
    """What is served: its length in bytes, its strong ETag (quoted) and its media type."""

    length: int
    etag: str
    media_type: str
    boundary: str = field(default="oneseat-6f1d8c2b7a94e305")


def answer(method: str, headers: Mapping[str, str], what: Representation) -> RangeReply:
    """The answer to a GET or HEAD, in the order of precedence of RFC 9110, 13.2.2.

    ``headers`` has lower-case names. HEAD is answered as GET without Range would be
    (14.2 defines Range for GET alone).
    """
    if_match = headers.get("if-match")
    if if_match is not None and not _matches(if_match, what.etag, weakly=False):
        return RangeReply(412, {})
    if_none_match = headers.get("if-none-match")
    if if_none_match is not None and _matches(if_none_match, what.etag, weakly=True):
        return RangeReply(304, {})
    spans = None
    if method == "GET" and _range_applies(headers, what.etag):
        spans = parse_range(headers.get("range", ""), what.length)
    if spans is None:
        return _whole(what)
    if not spans:
        return RangeReply(416, {"content-range": f"bytes */{what.length}"})
    return _partial(what, spans[0]) if len(spans) == 1 else _multipart(what, spans)


def parse_range(value: str, length: int) -> tuple[Span, ...] | None:
    """The spans that a Range header asks for, in the order asked.

    None when the header is absent, has another unit, or is malformed: it is then to be
    ignored. Empty when well formed and outside the file. Ranges that
    overlap are joined, and too many of them are ignored altogether, so that a small
    request cannot ask for many times the file (14.2).
    """
    match = _RANGE_SET.fullmatch(value.strip(" \t"))
    if match is None:
        return None
    spans: list[Span] = []
    specs = [spec.strip(" \t") for spec in match[1].split(",")]
    specs = [spec for spec in specs if spec]
    if not specs or len(specs) > MAX_RANGES:
        return None
    for spec in specs:
        bounds = _RANGE.fullmatch(spec)
        if bounds is None or bounds[0] == "-":
            return None
        first, last = bounds[1], bounds[2]
        if first and last and _position(first) > _position(last):
            return None
        span = _suffix(last, length) if not first else _from(first, last, length)
        if span.size > 0:
            spans.append(span)
    return _join(spans)


def _position(digits: str) -> int:
    """The number, or one past any file where it is too long to be worth parsing."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _suffix(count: str, length: int) -> Span:
    return Span(max(0, length - _position(count)), length)


def _from(first: str, last: str, length: int) -> Span:
    start = min(_position(first), length)
    return Span(start, min(_position(last) + 1, length) if last else length)


def _join(spans: list[Span]) -> tuple[Span, ...]:
    """Join overlapping spans, at the position of the first of them; the order of the others stays."""
    joined: list[Span] = []
    for span in spans:
        touching = [other for other in joined if other.start < span.stop and span.start < other.stop]
        if not touching:
            joined.append(span)
            continue
        whole = Span(min(s.start for s in [*touching, span]), max(s.stop for s in [*touching, span]))
        joined[joined.index(touching[0])] = whole
        for other in touching[1:]:
            joined.remove(other)
    return tuple(joined)


def _range_applies(headers: Mapping[str, str], etag: str) -> bool:
    """Whether If-Range, if sent, lets Range count: strong comparison, and no date ever matches."""
    condition = headers.get("if-range")
    return condition is None or condition.strip(" \t") == etag


def _matches(field_value: str, etag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags (or ``*``) matches ``etag`` (8.8.3.2)."""
    if field_value.strip(" \t") == "*":
        return True
    opaque = etag.removeprefix("W/").strip('"')
    tags = _ENTITY_TAG.finditer(field_value)
    return any(tag[2] == opaque and (weakly or not tag[1]) for tag in tags)


def _whole(what: Representation) -> RangeReply:
    return RangeReply(200, {"content-type": what.media_type}, (Part(b"", Span(0, what.length)),))


def _partial(what: Representation, span: Span) -> RangeReply:
    headers = {"content-type": what.media_type, "content-range": span.content_range(what.length)}
    return RangeReply(206, headers, (Part(b"", span),))


def _multipart(what: Representation, spans: tuple[Span, ...]) -> RangeReply:
    parts = []
    for number, span in enumerate(spans):
        lead = "" if number == 0 else "\r\n"
        frame = (
            f"{lead}--{what.boundary}\r\nContent-Type: {what.media_type}\r\n"
            f"Content-Range: {span.content_range(what.length)}\r\n\r\n"
        )
        parts.append(Part(frame.encode("ascii"), span))
    headers = {"content-type": f"multipart/byteranges; boundary={what.boundary}"}
    return RangeReply(206, headers, tuple(parts), f"\r\n--{what.boundary}--\r\n".encode("ascii"))
