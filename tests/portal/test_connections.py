"""What a connection may cost before its request is read, asked over raw sockets."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from oneseat.web import connections
from oneseat.web.bodies import MAX_BODY_BYTES
from signing.clock import FixedClock
from tests.patience import wait_until
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running


@contextlib.contextmanager
def connected(portal: Running) -> Iterator[socket.socket]:
    url = httpx.URL(portal.url)
    with socket.create_connection((url.host, url.port or 0), timeout=20) as connection:
        yield connection


def answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """The status and the JSON body of the answer, read to the end of the connection."""
    with contextlib.suppress(ConnectionResetError):
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    document = json.loads(body) if b"application/problem+json" in head else {}
    return int(head.split()[1]), document


def asked(portal: Running, request: bytes) -> tuple[int, object]:
    with connected(portal) as connection:
        connection.sendall(request)
        status, document = answer(connection)
        return status, document.get("code")


def test_a_head_without_end_is_refused_after_a_few_packets(portal: Running) -> None:
    sent = 0
    with connected(portal) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(600):
                connection.sendall(b"a" * 100_000)
                sent += 100_000
    assert sent < 20_000_000, "what the system buffers, and no more"


def test_a_long_head_is_refused_with_a_code(portal: Running) -> None:
    cookie = b"c" * connections.MAX_HEAD_BYTES
    status, code = asked(portal, b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + b"\r\n\r\n")
    assert (status, code) == (431, "OS-920")


def test_the_longest_genuine_head_passes(portal: Running) -> None:
    cookie = b"c" * (connections.MAX_HEAD_BYTES - 200)
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + cookie + b"\r\n\r\n"
    assert asked(portal, request)[0] == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
        b"GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n",
        b"GET /healthz HTTP/1.1\r\nHost:\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a b\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a/b\r\n",
    ],
)
def test_exactly_one_host_is_named(portal: Running, head: bytes) -> None:
    assert asked(portal, head + b"\r\n") == (400, "OS-921")


def test_an_old_client_need_not_name_a_host(portal: Running) -> None:
    assert asked(portal, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200


def test_what_is_no_http_gets_a_coded_answer(portal: Running) -> None:
    assert asked(portal, b"\x16\x03\x01\x02\x00 a TLS greeting\r\n\r\n") == (400, "OS-922")


def test_a_head_that_does_not_come_is_waited_for_only_so_long(
    exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", 1)
    with running(exam.settings(), FixedClock(INSIDE)) as portal, connected(portal) as silent:
        assert asked(portal, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == (408, "OS-223")
        assert silent.recv(1) == b"", "closed without an answer"


def test_idle_connections_of_one_address_shut_nobody_out(
    exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_WAITING_PER_ADDRESS", 5)
    with running(exam.settings(), FixedClock(INSIDE)) as portal, contextlib.ExitStack() as held:
        idle = [held.enter_context(connected(portal)) for _ in range(20)]
        time.sleep(0.3)
        assert httpx.get(portal.url + "/healthz", trust_env=False).status_code == 200
        closed = 0
        for connection in idle:
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                closed += connection.recv(1) == b""
        assert closed >= 15
        assert connection_serves(idle[-1]), "the newest is still open"


def connection_serves(connection: socket.socket) -> bool:
    connection.settimeout(10)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_connection_serves_one_request_after_another(portal: Running) -> None:
    with connected(portal) as connection:
        assert all(connection_serves(connection) for _ in range(5))


def test_requests_that_come_at_once_are_answered_in_their_order(portal: Running) -> None:
    first = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connected(portal) as connection:
        connection.sendall(first + first + last)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"404", b"404", b"200"]


def test_a_waiting_connection_keeps_nothing_of_its_last_request(
    portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[connections.BoundedProtocol] = []
    add = connections.WaitingConnections.add

    def noted(registry: connections.WaitingConnections, each: connections.BoundedProtocol) -> None:
        seen.append(each)
        add(registry, each)

    monkeypatch.setattr(connections.WaitingConnections, "add", noted)
    with connected(portal) as connection:
        assert all(connection_serves(connection) for _ in range(2))
        (waiting,) = set(seen)
        wait_until(lambda: waiting.scope is None)
        assert not any((waiting.cycle, waiting.scope, waiting.headers, waiting.url))
        assert connection_serves(connection)


def test_a_body_that_comes_after_its_answer_leaves_the_connection_usable(portal: Running) -> None:
    size = MAX_BODY_BYTES * 3
    head = f"POST /api/v1/exams/{EXAM}/authenticate HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    with connected(portal) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        connection.sendall(b"x" * size)
        assert connection_serves(connection)


def test_a_body_that_is_refused_early_is_no_head(portal: Running) -> None:
    body = b"x" * (MAX_BODY_BYTES * 20)
    url = f"{portal.url}/api/v1/exams/{EXAM}/authenticate"
    assert httpx.post(url, content=body, trust_env=False).status_code == 413


@pytest.mark.parametrize("path", [f"/e/{EXAM}", f"/desk/{EXAM}"])
def test_an_address_without_its_slash_leads_on_by_a_relative_redirect(portal: Running, path: str) -> None:
    host = {"host": "elsewhere.example"}
    redirect = httpx.get(portal.url + path, headers=host, trust_env=False, follow_redirects=False)
    assert redirect.status_code == 303
    assert redirect.headers["location"] == f"{path}/"
