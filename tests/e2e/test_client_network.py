"""The client's network on Windows: TLS with a root of ours, proxies, and what each fault is called.

wine's WinHTTP does not tell one bad certificate from another: each is OS-1202 here. Windows has flags for
them, which tests/client/test_network_faults.py checks.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bootstrap import layout
from oneseat.pipeline.tools.runner import run
from oneseat.pipeline.tools.windows import WindowsPython
from signing.text import Text
from tests.e2e import ask_portal
from tests.e2e.exam import SmallExam, candidate
from tests.e2e.https import HOST, TestAuthority, add_malformed_root, forward, https, serving, set_proxy, trust
from tests.e2e.portal import portal_of
from tests.e2e.wine import ARTEFACTS, TestedComputer
from tests.patience import wait_until

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER = candidate(1)
DEAD = "127.0.0.1:9"
TLS_OTHER, PROXY, NAME, REFUSED, TIME = "OS-1202", "OS-1203", "OS-1205", "OS-1206", "OS-1207"
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
FORGED = b"HTTP/1.1 409 Conflict\r\nContent-Length: 17\r\n\r\n" + b'{"code":"OS-179"}'


@dataclass(frozen=True)
class Network:
    """A computer that trusts our authority, and a server with a good certificate."""

    computer: TestedComputer
    authority: TestAuthority
    folder: Path
    plain_port: int
    good_url: str

    def ask(self, *urls: str, timeout_s: float = 15, proxied: bool = False) -> list[dict[str, Any]]:
        """Fetch addresses in one process of the client."""
        search = [
            self.computer.wine.windows_path(path) for path in (layout.PROJECT, layout.windows_test_packages())
        ]
        arguments = (str(timeout_s), "1" if proxied else "0", *urls)
        invocation = WindowsPython(self.computer.wine).invocation(
            Text("asking a server", "测试"),
            Path(ask_portal.__file__),
            *arguments,
            timeout_s=120,
            environment={
                "PYTHONPATH": ";".join(search),
                # The modules are compiled once for the file; what is unpacked for the build stays as it is.
                "PYTHONDONTWRITEBYTECODE": "",
                "PYTHONPYCACHEPREFIX": self.computer.wine.windows_path(self.folder / "bytecode"),
                # Neither is obeyed: the first would replace the roots, the others the proxy.
                "SSL_CERT_FILE": "Z:\\dev\\null",
                "HTTPS_PROXY": f"http://{DEAD}",
                "ALL_PROXY": f"http://{DEAD}",
            },
        )
        return [json.loads(line) for line in run(invocation).splitlines() if line.startswith("{")]

    def codes(self, *urls: str, **options: Any) -> list[str]:
        """Fetch addresses, and return the codes alone."""
        return [answer["code"] for answer in self.ask(*urls, **options)]


def answer(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(BODY)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    computer = TestedComputer.create(folder / "computer")
    authority = TestAuthority.create(folder)
    trust(computer, authority.der)
    try:
        with serving(answer) as plain, https(authority.certificate(), plain) as port:
            yield Network(computer, authority, folder, plain, f"https://{HOST}:{port}/")
    finally:
        computer.end()


def test_a_certificate_of_a_known_root_is_accepted_beside_a_malformed_one(network: Network) -> None:
    assert network.codes(network.good_url) == ["ok"]
    add_malformed_root(network.computer)
    assert network.codes(network.good_url) == ["ok"]


def test_bad_certificates_are_refused_as_faults_of_tls(network: Network) -> None:
    stranger = TestAuthority.create(network.folder, "another authority")
    certificates = [
        stranger.certificate(),
        network.authority.certificate(dns="elsewhere.example"),
        network.authority.certificate(days=(-20, -10)),
        network.authority.certificate(days=(10, 20)),
    ]
    with contextlib.ExitStack() as servers:
        ports = [servers.enter_context(https(each, network.plain_port)) for each in certificates]
        answers = network.ask(*(f"https://{HOST}:{port}/" for port in ports))
    assert len(answers) == len(certificates)
    for refused in answers:
        assert refused["code"] == TLS_OTHER
        assert "安全连接" in refused["cause"]


def test_a_server_without_tls_is_refused(network: Network) -> None:
    assert network.codes(f"https://{HOST}:{network.plain_port}/") == [TLS_OTHER]


def test_no_name_no_server_and_no_answer_have_codes_of_their_own(network: Network) -> None:
    with serving(lambda _: time.sleep(6)) as silent:
        asked = network.ask(
            "https://no-such-host.invalid/", f"https://{DEAD}/", f"https://{HOST}:{silent}/", timeout_s=3
        )
    assert [refused["code"] for refused in asked] == [NAME, REFUSED, TIME]
    assert asked[2]["seconds"] < 6, "it was not waited for"


def test_a_body_without_end_is_cut_off(network: Network) -> None:
    def endless(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    def dripping(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.1)

    with serving(endless) as plain, https(network.authority.certificate(), plain) as port:
        assert network.codes(f"https://{HOST}:{port}/") == ["OS-050"]
    with serving(dripping) as plain, https(network.authority.certificate(), plain) as port:
        [refused] = network.ask(f"https://{HOST}:{port}/", timeout_s=2)
    assert refused["code"] == TIME and refused["seconds"] < 3


def test_the_exchange_ends_at_the_server_too_when_its_time_is_over(network: Network) -> None:
    ended: list[bytes] = []

    def silent(connection: socket.socket) -> None:
        connection.recv(65536)
        ended.append(connection.recv(1))  # empty once the client has closed the connection

    with serving(silent) as port:
        codes = network.codes(f"http://{HOST}:{port}/", timeout_s=2)
        wait_until(lambda: ended, "the client has not closed the connection")
    assert codes == [TIME]
    assert ended == [b""]


@pytest.mark.parametrize("bypass", ["", "(bad;*.x", "[::1"])
def test_a_dead_proxy_is_passed_by_and_named_where_nothing_else_works(network: Network, bypass: str) -> None:
    set_proxy(network.computer, DEAD, bypass)
    good, again, dead = network.ask(network.good_url, network.good_url, f"https://{HOST}:9/", proxied=True)
    assert (good["code"], again["code"], dead["code"]) == ("ok", "ok", PROXY)
    assert DEAD in dead["cause"]


def test_a_silent_proxy_leaves_time_for_the_direct_way(network: Network) -> None:
    with serving(lambda _: time.sleep(8)) as silent:
        set_proxy(network.computer, f"http=127.0.0.1:1;https=127.0.0.1:{silent}")
        first, second = network.ask(network.good_url, network.good_url, proxied=True, timeout_s=4)
    assert (first["code"], second["code"]) == ("ok", "ok")
    assert second["seconds"] < first["seconds"] / 2, "the way that worked is tried first"


@pytest.mark.parametrize(
    "forged", [FORGED, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]
)
def test_a_proxys_own_answer_is_never_taken_for_the_portals(network: Network, forged: bytes) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(forged)

    with serving(refuse) as port:
        set_proxy(network.computer, f"127.0.0.1:{port}")
        assert network.codes(network.good_url, f"https://{HOST}:9/", proxied=True) == ["ok", PROXY]


def test_a_proxy_that_works_is_used(network: Network) -> None:
    hosts: list[bytes] = []

    def tunnel(connection: socket.socket) -> None:
        hosts.append(connection.recv(65536).split()[1])
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", int(hosts[-1].rpartition(b":")[2])), 10) as target:
            forward(connection, target)

    with serving(tunnel) as port:
        set_proxy(network.computer, f"127.0.0.1:{port}")
        assert network.codes(network.good_url, proxied=True) == ["ok"]
        assert hosts == [network.good_url.removeprefix("https://").removesuffix("/").encode()]
        set_proxy(network.computer, f"127.0.0.1:{port}", "local*")
        assert network.codes(network.good_url, proxied=True) == ["ok"]
    assert len(hosts) == 1, "the bypass list names the host"


def test_an_https_portal_activates_and_a_missing_root_is_shown_by_the_installer(
    tmp_path: Path, small_exam: SmallExam
) -> None:
    authority = TestAuthority.create(tmp_path)
    computer = TestedComputer.create(tmp_path / "computer")
    try:
        with portal_of(small_exam, tmp_path / "portal", [OWNER]) as portal:
            plain = int(portal.exam.charter.portal_url.rpartition(":")[2])
            with https(authority.certificate(), plain) as port:
                exam = portal.exam
                exam.publish_charter(version=exam.charter.version + 1, portal_url=f"https://{HOST}:{port}")
                portal.introduce(computer)
                answers = computer.answers_left(
                    id_number=OWNER.id_number, admission_number=OWNER.admission_number
                )
                installer = small_exam.installer(OWNER)
                refused = computer.install(installer, answers)
                assert refused.status == 53
                assert TLS_OTHER in refused.output
                _shows_why(computer, installer)
                trust(computer, authority.der)
                installed = computer.install(installer, answers)
                assert installed.status == 0, installed.output
                assert "confirmed" in installed.output
                shipped = [path.name for path in computer.program("test").parent.rglob("*")]
                assert not [
                    name for name in shipped if name.startswith(("libssl", "libcrypto", "_ssl", "_hashlib"))
                ]
    finally:
        computer.end()


def _shows_why(computer: TestedComputer, installer: Path) -> None:
    """Leave a picture of the installer's page."""
    computer.log.unlink(missing_ok=True)
    with computer.screen() as screen:
        computer.start(installer, "/LANG=2052", f"/LOG={computer.wine.windows_path(computer.log)}")
        screen.wait_for_text(computer.log, "installer of exam")
        screen.settle(4)
        screen.press("Return")
        screen.wait_for_text(computer.log, "found: ok")
        screen.settle(1)
        screen.press("Return")
        screen.settle(1)
        screen.type(OWNER.id_number)
        screen.press("Tab")
        screen.type(OWNER.admission_number)
        screen.press("Return")
        screen.wait_for_text(computer.log, "refused: OS-053")
        screen.settle(2)
        screen.shot(ARTEFACTS / "installer-zh-no-secure-connection.png")
