"""Whatever breaks around the client, it says what happened with a code, and goes on once it is mended.

Faults are injected at the edges alone: a real server that misbehaves, files that are cut, flipped and
deleted, a disk that is full at every single step, a program that is killed at every single step.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import PortalAnswerUnusable, PortalUnreachable, StateDamaged, StorageFailed
from oneseat.client.launch import CONFIRMED
from oneseat.client.online.errors import PortalTimedOut
from oneseat.client.online.portal import MAX_RESPONSE_BYTES
from oneseat.client.online.portal import Portal as Asked
from signing.errors import OneSeatError
from tests.client.simulated import OWNER, Authority, Installation, Portal
from tests.effort import examples
from tests.patience import PATIENCE_S

TIMEOUT_S = 0.5


def enrol(installation: Installation) -> str:
    run = Enrolment(installation.program, installation.computer, installation.clock, installation.log.append)
    return run.run(installation.installer(installation.authority.licence_token(OWNER)), OWNER).enrolment


# ------------------------------------------------------------------------------- a portal that misbehaves


def http(body: bytes, head: str = "200 OK", length: int = -1, kind: str = "application/json") -> bytes:
    size = len(body) if length < 0 else length
    return f"HTTP/1.1 {head}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n".encode() + body


ANSWERS: Dict[str, bytes] = {
    "nothing": b"",
    "no http": b"\x00\xff\x13\x37" * 64,
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a header without end": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500,
    "an endless header line": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a status that is none": b"HTTP/1.1 999999 ?\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "half a body": http(b'{"time":', length=4000),
    "too much": http(b" " * (MAX_RESPONSE_BYTES * 8)),
    "a hotel's login page": http(b"<html><form>Room number</form></html>", kind="text/html"),
    "a gateway's error": http(b"<h1>502</h1>", "502 Bad Gateway", kind="text/html"),
    "an empty refusal": http(b"", "403 Forbidden"),
    "a refusal of another kind": http(b'{"detail":"no"}', "403 Forbidden"),
    "a refusal of numbers": http(b'{"code":1,"cause":2,"remedy":3}', "403 Forbidden"),
    "another place": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
    "a local file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "bad text": http(b'"\xff\xfe"'),
    "a list": http(b"[]"),
    "null": http(b"null"),
    "a number": http(b"1" * 5000),
    "not a number": http(b'{"time":NaN}'),
    "depth": http(b"[" * 30_000),
    "depth of objects": http(b'{"a":' * 10_000),
    "a key twice": http(b'{"time":"a","time":"b"}'),
    "members of other kinds": http(b'{"time":[],"nonce":{},"ticket":1,"activation":null}'),
    "a token of nothing": http(b'{"time":"..","nonce":"n"}'),
    "a compressed answer": http(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
}


@contextlib.contextmanager
def answering(authority: Authority, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """A server on loopback that takes whatever comes and answers with bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def one(line: socket.socket) -> None:
        with line:
            try:
                line.settimeout(5)
                line.recv(65536)
                answer(line)
            except OSError:
                pass  # the client has hung up, which is its right

    def serve() -> None:
        while not over.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                continue
            threading.Thread(target=one, args=(line,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    authority.portal_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_S)
        listener.close()


def asked(installation: Installation, authority: Authority) -> List[Callable[[], object]]:
    """Everything that a client ever asks a portal."""
    portal = Asked(authority.charter(), TIMEOUT_S)
    actions = installation.actions()
    acceptance = actions.accept(OWNER)
    device, licence = acceptance.seat.device, acceptance.seat.licence
    return [
        portal.charter_token,
        portal.signed_time,
        lambda: portal.activate(licence, OWNER, device),
        lambda: portal.ticket(acceptance.seat.activation, "mock", device),
    ]


@pytest.mark.parametrize("name", ANSWERS)
def test_garbage_from_a_portal_is_a_refusal_with_a_code(online_installation: Installation, name: str) -> None:
    enrol(online_installation)
    with answering(online_installation.authority, lambda line: line.sendall(ANSWERS[name])):
        charter, *others = asked(online_installation, online_installation.authority)
        for ask in others:
            with pytest.raises((PortalUnreachable, PortalAnswerUnusable)):
                ask()
        # A charter is text of any kind here, and is taken for nothing until its signature verifies.
        with contextlib.suppress(PortalUnreachable, PortalAnswerUnusable):
            charter()


def test_a_portal_that_drips_does_not_hold_the_candidate(online_installation: Installation) -> None:
    enrol(online_installation)

    def drip(line: socket.socket) -> None:
        for byte in http(b" " * 200):
            line.sendall(bytes((byte,)))
            time.sleep(0.05)

    with answering(online_installation.authority, drip):
        for ask in asked(online_installation, online_installation.authority):
            began = time.monotonic()
            with pytest.raises(PortalTimedOut):
                ask()
            assert time.monotonic() - began < TIMEOUT_S + 2


@pytest.mark.parametrize("name", ["nothing", "depth", "a hotel's login page", "half a body"])
def test_whoever_is_enrolled_goes_on_past_a_broken_portal(
    online_installation: Installation, name: str
) -> None:
    enrol(online_installation)
    with answering(online_installation.authority, lambda line: line.sendall(ANSWERS[name])):
        online_installation.program.folder.joinpath("charter.jws").write_text(
            online_installation.authority.charter_token()
        )
        actions = online_installation.actions()
        assert actions.sync(OWNER).fault is not None
        assert actions.accept(OWNER).enrolment == CONFIRMED


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=300), status=st.sampled_from([200, 204, 302, 400, 403, 409, 429, 500, 503]))
def test_any_body_under_any_status_is_a_refusal_with_a_code(
    online_installation: Installation, portal: Portal, body: bytes, status: int
) -> None:
    portal.broken = lambda _: (status, "application/json", b"" if status == 204 else body)
    online_installation.authority.portal_url = f"http://127.0.0.1:{portal.server.server_port}"
    with pytest.raises((PortalUnreachable, PortalAnswerUnusable)):
        Asked(online_installation.authority.charter(), 5).signed_time()


# ----------------------------------------------------------------------------------- state that is damaged


def state_files(installation: Installation) -> List[Path]:
    return sorted(path for path in installation.computer.folder.rglob("*.bin") if path.is_file())


def refuses_or_accepts(installation: Installation) -> None:
    """What a launch may do with damaged state: refuse with a code, or not have needed it."""
    with contextlib.suppress(OneSeatError):
        installation.actions().accept_or_ask(OWNER)


def test_any_state_file_may_vanish_and_a_reinstall_mends_it(online_installation: Installation) -> None:
    enrol(online_installation)
    online_installation.actions().sync(OWNER)
    names = [
        path.relative_to(online_installation.computer.folder) for path in state_files(online_installation)
    ]
    assert len(names) >= 3
    for name in names:
        (online_installation.computer.folder / name).unlink()
        refuses_or_accepts(online_installation)
        if name.name != "device.bin":  # a lost key is another device: only support moves a seat
            assert enrol(online_installation) == CONFIRMED
        else:
            with pytest.raises(OneSeatError) as refused:
                enrol(online_installation)
            assert refused.value.code == "OS-103"
            return
    pytest.fail("no device key was stored")


@settings(
    max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_state_file_is_named_and_never_crashes(
    online_installation: Installation, data: st.DataObject, tmp_path: Path
) -> None:
    folder, good = online_installation.computer.folder, tmp_path / "good"
    if not good.exists():
        enrol(online_installation)
        shutil.copytree(str(folder), str(good))
    path = data.draw(st.sampled_from(state_files(online_installation)))
    whole = (good / path.relative_to(folder)).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["cut", "flip", "junk", "grown"]))
    path.write_bytes(
        {
            "cut": whole[:at],
            "flip": whole[:at] + bytes((whole[at] ^ data.draw(st.integers(1, 255)),)) + whole[at + 1 :],
            "junk": data.draw(st.binary(max_size=200)),
            "grown": whole + data.draw(st.binary(min_size=1, max_size=20)),
        }[kind]
    )
    try:
        if online_installation.computer.own_folder() in path.parents:  # a note, which counts as absent
            assert online_installation.actions().accept(OWNER)
        else:
            with pytest.raises(StateDamaged):
                online_installation.actions().accept(OWNER)
    finally:
        path.write_bytes(whole)
    assert online_installation.actions().accept(OWNER)


def test_a_state_file_that_is_a_folder_is_a_refusal(online_installation: Installation) -> None:
    enrol(online_installation)
    for path in list(online_installation.computer.shared_folder().rglob("*.bin")):
        path.unlink()
        path.mkdir()
        with pytest.raises(OneSeatError):
            online_installation.actions().accept(OWNER)


# ------------------------------------------------------------------- a full disk, and a kill, at every step


class Killed(BaseException):
    """The process is gone: nothing below handles it."""


class Steps:
    """Counts what the client does to the disk, and lets one step fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], BaseException]) -> None:
        self.count, self.fails_at, self._fault = 0, 0, fault
        for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "mkdir"), (Path, "unlink")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))
        opened = Path.open

        def open_(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
            if "w" in mode:
                self._step()
            return opened(path, mode, *rest, **more)

        monkeypatch.setattr(Path, "open", open_)

    def _counted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*rest: Any, **more: Any) -> Any:
            self._step()
            return act(*rest, **more)

        return counted

    def _step(self) -> None:
        self.count += 1
        if self.count == self.fails_at:
            raise self._fault()

    def failing_at(self, step: int) -> Steps:
        self.count, self.fails_at = 0, step
        return self


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_at_any_step_of_enrolling_is_said_and_the_next_try_succeeds(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch, no_space)
    path = online_installation.installer(online_installation.authority.licence_token(OWNER))
    run = Enrolment(
        online_installation.program,
        online_installation.computer,
        online_installation.clock,
        online_installation.log.append,
    )
    refusals = 0
    for step in range(1, 60):
        steps.failing_at(step)
        try:
            assert run.run(path, OWNER).enrolment == CONFIRMED
        except StorageFailed:
            refusals += 1
        if steps.count < step:
            break
        steps.failing_at(0)
        assert run.run(path, OWNER).enrolment == CONFIRMED
        shutil.rmtree(str(online_installation.computer.own_folder()), ignore_errors=True)
    else:
        pytest.fail("enrolment never came to its end")
    assert refusals >= 2
    assert online_installation.actions().accept(OWNER)


@pytest.mark.parametrize("act", ["enrol", "contact"])
def test_a_kill_at_any_step_leaves_what_the_next_run_goes_on_from(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, act: str
) -> None:
    steps = Steps(monkeypatch, Killed)
    path = online_installation.installer(online_installation.authority.licence_token(OWNER))
    run = Enrolment(
        online_installation.program,
        online_installation.computer,
        online_installation.clock,
        online_installation.log.append,
    )
    if act == "contact":
        run.run(path, OWNER)
    killed = 0
    for step in range(1, 60):
        steps.failing_at(step)
        try:
            if act == "enrol":
                run.run(path, OWNER)
            else:
                online_installation.actions().sync(OWNER)
        except Killed:
            killed += 1
        else:
            break
        steps.failing_at(0)
        if act == "contact":
            assert online_installation.actions().accept(OWNER)
    assert killed >= 2
    steps.failing_at(0)
    assert run.run(path, OWNER).enrolment == CONFIRMED
    assert online_installation.actions().accept(OWNER)
    # The seat never saw a second device key, or the portal would have refused with OS-103.


def test_without_any_network_nothing_waits_and_nothing_is_lost(online_installation: Installation) -> None:
    enrol(online_installation)
    online_installation.authority.portal_url = "http://127.0.0.1:9"
    token = online_installation.authority.charter_token(version=2)
    online_installation.program.folder.joinpath("charter.jws").write_text(token)
    actions = online_installation.actions()
    acceptance = actions.accept_or_ask(OWNER)
    contact = actions.sync(OWNER)
    assert isinstance(contact.fault, PortalUnreachable)
    with pytest.raises(PortalUnreachable):
        actions.enter(acceptance, "mock")
    assert actions.accept(OWNER).enrolment == CONFIRMED
