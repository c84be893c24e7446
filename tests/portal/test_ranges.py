"""Partial and conditional requests agree with plain slicing and with RFC 9110."""

from __future__ import annotations

import email.parser
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.ranges import MAX_RANGES, RangeReply, Representation, Span, answer, parse_range

ETAG = '"abc123"'
BODY = bytes(range(256)) * 4
FILE = Representation(len(BODY), ETAG, "application/octet-stream")

specs = st.one_of(
    st.tuples(st.integers(0, 1500), st.integers(0, 1500)).map(lambda p: f"{min(p)}-{max(p)}"),
    st.integers(0, 1500).map(lambda first: f"{first}-"),
    st.integers(0, 1500).map(lambda count: f"-{count}"),
)


def rendered(reply: RangeReply) -> bytes:
    body = b"".join(part.preamble + BODY[part.span.start : part.span.stop] for part in reply.parts)
    return body + reply.epilogue


def plain_model(spec: str) -> bytes:
    """What one range spec means, by slicing alone."""
    first, last = spec.split("-")
    if not first:
        return BODY[-int(last) :] if int(last) else b""
    return BODY[int(first) : int(last) + 1] if last else BODY[int(first) :]


def get(**headers: str) -> RangeReply:
    return answer("GET", {name.replace("_", "-"): value for name, value in headers.items()}, FILE)


@given(spec=specs)
def test_one_range_is_a_slice_or_416(spec: str) -> None:
    reply = get(range=f"bytes={spec}")
    wanted = plain_model(spec)
    if not wanted:
        assert reply.status == 416
        assert reply.headers["content-range"] == f"bytes */{len(BODY)}"
        assert not reply.parts
        return
    assert reply.status == 206
    assert rendered(reply) == wanted
    assert reply.content_length == len(wanted)
    start = BODY.index(wanted) if len(wanted) == len(BODY) else reply.parts[0].span.start
    assert reply.headers["content-range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(BODY)}"


@given(several=st.lists(specs, min_size=2, max_size=MAX_RANGES))
def test_several_ranges_are_their_slices_in_a_multipart_body(several: list[str]) -> None:
    reply = get(range="bytes=" + ", ".join(several))
    wanted = {position for spec in several for position in positions(spec)}
    body = rendered(reply)
    if not wanted:
        assert reply.status == 416
        return
    assert reply.status == 206
    assert reply.content_length == len(body)
    got = b"".join(piece for _, piece in sorted(multipart(reply, body)))
    assert got == bytes(BODY[position] for position in sorted(wanted))


def positions(spec: str) -> range:
    first, last = spec.split("-")
    if not first:
        return range(max(0, len(BODY) - int(last)), len(BODY))
    return range(int(first), min(int(last) + 1 if last else len(BODY), len(BODY)))


def multipart(reply: RangeReply, body: bytes) -> list[tuple[int, bytes]]:
    """The parts as the standard library's own MIME parser sees them, by their first position."""
    if "content-range" in reply.headers:
        return [(reply.parts[0].span.start, body)]
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    head = f"Content-Type: {reply.headers['content-type']}\r\n\r\n".encode()
    message = parser.parsebytes(head + body)
    assert message.is_multipart()
    found = []
    for part, made in zip(message.get_payload(), reply.parts, strict=True):
        content_range = str(part["Content-Range"])
        assert content_range == made.span.content_range(len(BODY))
        found.append((made.span.start, BODY[made.span.start : made.span.stop]))
    return found


def test_the_multipart_frames_enclose_the_right_bytes() -> None:
    reply = get(range="bytes=0-1,1000-1001")
    boundary = reply.headers["content-type"].partition("boundary=")[2].encode()
    pieces = rendered(reply).split(b"--" + boundary)
    assert [piece.partition(b"\r\n\r\n")[2] for piece in pieces[1:3]] == [
        b"\0\1\r\n",
        BODY[1000:1002] + b"\r\n",
    ]
    assert pieces[3] == b"--\r\n"


def test_the_order_asked_for_is_kept() -> None:
    assert parse_range("bytes=500-501,0-1", 1024) == (Span(500, 502), Span(0, 2))


def test_overlapping_ranges_are_joined_so_a_small_request_cannot_ask_for_much() -> None:
    assert parse_range("bytes=0-,5-,-10", 1024) == (Span(0, 1024),)
    assert parse_range("bytes=0-9,20-29,5-24", 1024) == (Span(0, 30),)
    assert parse_range("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 100, 2)), 1024) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=0-1,x",
        "bytes=1-2-3",
        "lines=0-1",
        "bytes=--1",
        "bytes=0-1;2-3",
        "bytes= ,",
        "bytes=+1-2",
        "bytes=\u0663-\u0664",
        "bytes=1_0-20",
        "0-1",
    ],
)
def test_a_malformed_range_is_ignored(value: str) -> None:
    reply = get(range=value)
    assert (reply.status, reply.content_length) == (200, len(BODY))


@pytest.mark.parametrize("value", ["bytes=0-99999999999999999999999999", "Bytes=0-"])
def test_odd_but_valid_ranges_are_served(value: str) -> None:
    assert get(range=value).status == 206


def test_huge_positions_are_past_the_end_and_cost_nothing() -> None:
    assert get(range="bytes=" + "9" * 100_000 + "-").status == 416


@given(text=st.text(max_size=40))
def test_no_range_header_breaks_the_parser(text: str) -> None:
    spans = parse_range("bytes=" + text, len(BODY))
    assert spans is None or all(0 <= span.start < span.stop <= len(BODY) for span in spans)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (ETAG, 304),
        ("*", 304),
        (f"W/{ETAG}", 304),
        (f'"x", {ETAG}', 304),
        ('"x"', 200),
        ("abc123", 200),
        ('"abc"', 200),
    ],
)
def test_if_none_match_compares_weakly(condition: str, status: int) -> None:
    assert get(if_none_match=condition).status == status
    assert answer("HEAD", {"if-none-match": condition}, FILE).status == status


@pytest.mark.parametrize(
    ("condition", "status"), [(ETAG, 200), ("*", 200), (f"W/{ETAG}", 412), ('"x"', 412), (f'"x",{ETAG}', 200)]
)
def test_if_match_compares_strongly(condition: str, status: int) -> None:
    assert get(if_match=condition).status == status


def test_conditions_come_before_ranges_and_if_match_before_if_none_match() -> None:
    assert get(if_none_match=ETAG, range="bytes=0-1").status == 304
    assert get(if_match='"x"', if_none_match=ETAG).status == 412
    assert get(if_match=ETAG, if_none_match=ETAG).status == 304
    assert get(if_none_match='"x"', range="bytes=0-1").status == 206


@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), ('"x"', 200), (f"W/{ETAG}", 200), ("Wed, 21 Oct 2015 07:28:00 GMT", 200), ("*", 200)],
)
def test_if_range_gives_the_part_only_of_the_same_file(condition: str, status: int) -> None:
    assert get(if_range=condition, range="bytes=0-1").status == status


def test_without_a_last_modified_conditions_on_dates_are_passed_over() -> None:
    assert get(if_unmodified_since="Wed, 21 Oct 2015 07:28:00 GMT").status == 200
    assert get(if_modified_since="Wed, 21 Oct 2035 07:28:00 GMT").status == 200


def test_head_ignores_range() -> None:
    reply = answer("HEAD", {"range": "bytes=0-1"}, FILE)
    assert (reply.status, reply.content_length) == (200, len(BODY))
