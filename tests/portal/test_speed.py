"""Speed tests transfer what was asked for, within their limits."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request

from oneseat.portal.api import speed
from oneseat.portal.api.speed import MAX_CONCURRENT_TESTS, MAX_DOWN_BYTES, MAX_UP_BYTES, SpeedTests
from oneseat.portal.refusals.downloads import MeasuringBusy
from oneseat.portal.refusals.exam import ExamUnknown
from oneseat.portal.refusals.login import AddressBusy
from oneseat.web.refusals import RequestInvalid
from tests.patience import PATIENCE_S
from tests.portal.published_exam import EXAM, Running

PATH = f"/api/v1/exams/{EXAM}/speed"


@pytest.fixture
def http(portal: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url) as client:
        yield client


@pytest.mark.parametrize("amount", [1, 65_535, 65_536, 65_537, MAX_DOWN_BYTES])
def test_as_many_bytes_come_as_were_asked_for_and_nothing_compresses_them(
    http: httpx.Client, amount: int
) -> None:
    answer = http.get(PATH, params={"bytes": amount})
    assert answer.status_code == 200
    assert len(answer.content) == amount
    assert len(gzip.compress(answer.content, 1)) > 0.99 * amount
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("amount", [0, -1, MAX_DOWN_BYTES + 1, "x", ""])
def test_no_other_amount_is_sent(http: httpx.Client, amount: object) -> None:
    answer = http.get(PATH, params={"bytes": str(amount)})
    assert (answer.status_code, answer.json()["code"]) == (400, f"OS-{RequestInvalid.number}")


@pytest.mark.parametrize("amount", [0, 1, MAX_UP_BYTES])
def test_what_is_sent_is_counted(http: httpx.Client, amount: int) -> None:
    answer = http.post(PATH, content=bytes(amount))
    assert (answer.status_code, answer.json()) == (200, {"bytes": amount})


def test_more_than_the_maximum_is_refused_while_it_arrives(portal: Running) -> None:
    """Without a length announced, and never read to an end that does not come."""
    parts = urlsplit(portal.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
        for _ in range(MAX_UP_BYTES // 65_536 + 1):
            line.sendall(chunk)
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_dribbles_is_cut_off(portal: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "UPLOAD_WITHIN_S", 0.2)
    parts = urlsplit(portal.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")


def test_places_are_few_and_are_given_back(portal: Running, http: httpx.Client) -> None:
    parts = urlsplit(portal.url)
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nx".encode()
    tests = [
        socket.create_connection((parts.hostname or "", parts.port or 0)) for _ in range(MAX_CONCURRENT_TESTS)
    ]
    try:
        for line in tests:
            line.sendall(head)
        assert eventually(http, 503).json()["code"] == f"OS-{MeasuringBusy.number}"
        for line in tests:
            line.sendall(b"x")
            assert line.recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        for line in tests:
            line.close()
    assert eventually(http, 200).content


def test_who_hangs_up_gives_the_place_back(portal: Running, http: httpx.Client) -> None:
    parts = urlsplit(portal.url)
    head = f"GET {PATH}?bytes={MAX_DOWN_BYTES} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    for _ in range(MAX_CONCURRENT_TESTS):
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as line:
            line.sendall(head)
    assert eventually(http, 200).content


def test_who_stops_reading_loses_the_place(
    portal: Running, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "DOWNLOAD_WITHIN_S", 1)
    parts = urlsplit(portal.url)
    head = f"GET {PATH}?bytes={MAX_DOWN_BYTES} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    tests = []
    for _ in range(MAX_CONCURRENT_TESTS):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((parts.hostname or "", parts.port or 0))
        line.sendall(head)
        tests.append(line)
    try:
        assert eventually(http, 503)
        assert eventually(http, 200).content
    finally:
        for line in tests:
            line.close()


def eventually(http: httpx.Client, status: int) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_S
    answer = http.get(PATH, params={"bytes": 1})
    while answer.status_code != status and time.monotonic() < deadline:
        time.sleep(0.05)
        answer = http.get(PATH, params={"bytes": 1})
    assert answer.status_code == status
    return answer


def test_an_address_has_a_budget(portal: Running) -> None:
    tests = SpeedTests(burst=2, per_minute=1)
    scope = {"type": "http", "app": portal.app, "headers": [], "client": ("192.0.2.1", 1), "path": PATH}
    for _ in range(2):
        with tests.slot(Request(scope), EXAM):
            pass
    with pytest.raises(AddressBusy) as refused, tests.slot(Request(scope), EXAM):
        pass
    assert refused.value.retry_after_s == 60
    with tests.slot(Request({**scope, "client": ("192.0.2.2", 1)}), EXAM):
        pass


def test_a_refused_test_takes_no_place(portal: Running) -> None:
    tests = SpeedTests(max_concurrent=1)
    scope = {"type": "http", "app": portal.app, "headers": [], "client": ("192.0.2.1", 1), "path": PATH}
    with tests.slot(Request(scope), EXAM):
        for _ in range(3):
            with pytest.raises(MeasuringBusy), tests.slot(Request(scope), EXAM):
                pass
    with tests.slot(Request(scope), EXAM):
        pass


def test_an_exam_that_is_not_served_is_not_measured(http: httpx.Client) -> None:
    for answer in (
        http.get("/api/v1/exams/none/speed", params={"bytes": 1}),
        http.post("/api/v1/exams/none/speed", content=b"x"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, f"OS-{ExamUnknown.number}")


def test_measuring_leaves_no_line_in_the_log(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    http.get(PATH, params={"bytes": 1})
    http.post(PATH, content=b"x")
    assert [record for record in caplog.records if record.name.startswith("portal")] == []
    http.get(f"/api/v1/exams/{EXAM}/charter")
    assert [record.name for record in caplog.records if record.name.startswith("portal")] == ["portal.access"]


def test_noise_never_repeats_a_chunk() -> None:
    chunks = list(SpeedTests().noise(MAX_DOWN_BYTES))
    assert len(set(chunks)) == len(chunks)
    assert sum(map(len, chunks)) == MAX_DOWN_BYTES
