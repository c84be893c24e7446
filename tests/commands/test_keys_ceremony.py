"""The root key's ceremony as its people go through it: at a terminal, on a computer without a network."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.keys.ceremony import Request
from signing import charter as charters
from signing.authority.errors import PassphraseWrong
from signing.authority.keys import AUTHORITY, ROOT, KeyRing
from tests.commands.test_main import CommandResult
from tests.patience import PATIENCE_S, wait_until

REPOSITORY = Path(__file__).parents[2]
PASSPHRASE = "the issuing computer's passphrase"
PARTS = ("first part, kept by one", "second part, by another")


@dataclass(frozen=True)
class CeremonyFolders:
    """The issuing computer's workspace, the offline computer's folders, and the stick between them."""

    folder: Path

    @property
    def root_folder(self) -> Path:
        return self.folder / "offline"

    @property
    def request(self) -> Path:
        return self.folder / "stick" / "request.json"

    @property
    def out(self) -> Path:
        return self.folder / "stick" / "out"

    @property
    def authority(self) -> Path:
        return self.folder / "work" / "demo" / "keys" / "authority"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CeremonyFolders:
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("ONESEAT_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("ONESEAT_EXAM", str(REPOSITORY / "exams" / "demo.toml"))
    (tmp_path / "stick").mkdir()
    return CeremonyFolders(tmp_path)


@pytest.fixture
def oneseat(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str | Path) -> CommandResult:
        status = run(main_group, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return CommandResult(status, captured.out, captured.err)

    return call


def run_at_terminal(
    folders: CeremonyFolders, answers: list[tuple[str, str]], *options: str | Path
) -> tuple[int, str]:
    """Run the ceremony in a network namespace with no network, typing an answer at each prompt."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    given = [
        "--request",
        folders.request,
        "--root-folder",
        folders.root_folder,
        "--out",
        folders.out,
        *options,
    ]
    command = [*unshare, sys.executable, str(REPOSITORY / "build.py"), "keys", "ceremony", *map(str, given)]
    process, terminal = pty.fork()
    if process == 0:
        environment = {name: value for name, value in os.environ.items() if name != "ONESEAT_PASSPHRASE"}
        os.execvpe(
            command[0], command, {**environment, "ONESEAT_WORKSPACE": str(folders.folder / "offline-work")}
        )
    said = ""
    for prompt, answer in answers:
        said += _read_until(terminal, prompt)
        if answer not in {"y", "n"}:  # what is typed before the echo is off is thrown away
            wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
        os.write(terminal, f"{answer}\n".encode())
    said += _read_until(terminal, None)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said


def _read_until(terminal: int, prompt: str | None) -> str:
    """What is said until a prompt, or until the end."""
    said = b""
    while prompt is None or prompt.encode() not in said:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert ready, f"no '{prompt}' in: {said.decode(errors='replace')}"
        try:
            data = os.read(terminal, 4096)
        except OSError:  # Linux ends a terminal so
            data = b""
        if not data:
            assert prompt is None, f"no '{prompt}' in: {said.decode(errors='replace')}"
            break
        said += data
    return said.decode()


YES = [("Is this right?", "y"), ("Is this right?", "y")]
MADE = [
    *YES,
    *(("Custodian 1", PARTS[0]), ("Repeat", PARTS[0])),
    *(("Custodian 2", PARTS[1]), ("Repeat", PARTS[1])),
]
OPENED = [*YES, ("Custodian 1", PARTS[0]), ("Custodian 2", PARTS[1])]


def _extended(folders: CeremonyFolders) -> Path:
    text = (REPOSITORY / "exams" / "demo.toml").read_text()
    found = re.search(r"\[download\][^\[]*?closes = (\S+)", text)
    assert found
    later = found.group(1).replace("T23:00", "T23:30")
    assert later != found.group(1)
    file = folders.folder / "extended.toml"
    file.write_text(text.replace(found.group(0), found.group(0).replace(found.group(1), later)))
    return file


@pytest.mark.service
def test_the_root_key_is_made_offline_and_only_charters_come_out(
    folders: CeremonyFolders, oneseat: Any
) -> None:
    assert oneseat("keys", "init", "--rehearsal", "--offline-root").status == 0
    assert oneseat("keys", "init", "--rehearsal").status == 0, "again, without the option"
    assert oneseat("charter", "sign").status == 29, "there is no root key yet"
    asked = oneseat("keys", "request", folders.request, "--json").object["keys"]

    status, said = run_at_terminal(folders, MADE, "--extension", _extended(folders))
    assert status == 0, said
    protocol = (folders.out / "protocol.txt").read_text()
    flat = protocol.replace(" ", "")
    assert all(key["kid"] in flat for key in asked) and "none/无" in flat and "REHEARSAL" in protocol
    for secret in (*PARTS, PASSPHRASE):
        assert secret not in said and all(
            secret.encode() not in file.read_bytes() for file in folders.out.iterdir()
        )
    assert {file.name for file in folders.out.iterdir()} == {"1.jws", "2.jws", "protocol.txt", "root.json"}
    ring = KeyRing.open(folders.root_folder, "\n".join(PARTS).encode(), ROOT)
    assert ring.entry("root").kid in flat
    with pytest.raises(PassphraseWrong):
        KeyRing.open(folders.root_folder, PARTS[0].encode(), ROOT)

    assert oneseat("charter", "import", folders.out, "--json").object == {"versions": [1, 2]}
    assert oneseat("charter", "import", folders.out, "--json").object == {"versions": [1, 2]}
    assert oneseat("charter", "publish", "--version", "1", "--json").object["changed"]
    here = KeyRing.open(folders.authority, PASSPHRASE.encode(), AUTHORITY)
    assert here.entry("root").public_key == ring.entry("root").public_key
    listed = charters.verify((folders.out / "2.jws").read_text().strip(), here.entry("root").public_key)
    assert here.entry("licence").kid in listed.keys_for("licence")
    assert oneseat("charter", "sign", "--version", "9").status == 251, "the private half is not here"
    assert not list((folders.folder / "work").rglob("root-*"))


@pytest.mark.service
def test_a_later_ceremony_opens_the_key_and_goes_on_counting(folders: CeremonyFolders, oneseat: Any) -> None:
    assert oneseat("keys", "init", "--offline-root").status == 0
    assert oneseat("keys", "request", folders.request).status == 0
    assert run_at_terminal(folders, MADE)[0] == 0
    assert oneseat("charter", "import", folders.out).status == 0
    assert oneseat("keys", "rotate", "licence").status == 0
    assert oneseat("keys", "request", folders.request).status == 0
    for file in folders.out.iterdir():
        file.unlink()
    wrong = [*YES, ("Custodian 1", PARTS[1]), ("Custodian 2", PARTS[0])]
    assert run_at_terminal(folders, wrong)[0] == 30, "in the other order they do not open it"
    assert run_at_terminal(folders, OPENED)[0] == 0
    assert [file.name for file in folders.out.glob("*.jws")] == ["2.jws"]
    assert oneseat("charter", "import", folders.out, "--json").object == {"versions": [2]}


def test_what_is_not_confirmed_or_too_short_makes_no_key(folders: CeremonyFolders, oneseat: Any) -> None:
    assert oneseat("keys", "init", "--offline-root").status == 0
    assert oneseat("keys", "request", folders.request).status == 0
    assert run_at_terminal(folders, [("Is this right?", "n")])[0] == 252
    short = [*YES, ("Custodian 1", "short"), ("Repeat", "short")]
    assert run_at_terminal(folders, short, "--custodians", "1")[0] == 252
    assert not folders.root_folder.exists() and not folders.out.exists()


def test_the_root_key_never_lies_beside_other_keys(folders: CeremonyFolders, oneseat: Any) -> None:
    assert oneseat("keys", "init", "--offline-root").status == 0
    assert oneseat("keys", "request", folders.request).status == 0
    ceremony = ["keys", "ceremony", "--allow-network", "--request", folders.request]
    for root_folder, out in (
        (folders.authority, folders.out),
        (folders.authority / "root", folders.out),
        (folders.folder / "work" / "new", folders.out),
        (folders.root_folder, folders.root_folder / "out"),
        (folders.out / "root", folders.out),
        (folders.folder, folders.out),
    ):
        said = oneseat(*ceremony, "--root-folder", root_folder, "--out", out)
        assert said.status == 252, (root_folder, said.err)
    assert not list(folders.folder.rglob("root-*"))


@pytest.mark.service
def test_charters_of_another_root_key_are_not_taken_in(folders: CeremonyFolders, oneseat: Any) -> None:
    assert oneseat("keys", "init").status == 0, "with a root key of its own"
    assert oneseat("keys", "request", folders.request).status == 0
    assert run_at_terminal(folders, MADE)[0] == 0
    assert oneseat("charter", "import", folders.out).status == 252
    assert oneseat("charter", "import", folders.folder).status == 252


def test_a_request_holds_public_keys_of_known_uses_only(folders: CeremonyFolders, oneseat: Any) -> None:
    assert oneseat("keys", "init", "--offline-root").status == 0
    assert oneseat("keys", "request", folders.request).status == 0
    request = Request.read(folders.request)
    assert request.to_json() == folders.request.read_bytes()
    assert {key.use for key in request.keys} == {
        "licence",
        "batch",
        "activation",
        "ticket",
        "receipt",
        "order",
    }
    for damage in (
        b"",
        b"[]",
        b'{"exam":"demo","rehearsal":false,"keys":[]}',
        folders.request.read_bytes()[:-20],
    ):
        folders.request.write_bytes(damage)
        said = oneseat(
            *("keys", "ceremony", "--allow-network", "--request", folders.request),
            *("--root-folder", folders.root_folder, "--out", folders.out),
        )
        assert said.status == 252


def test_a_network_that_is_up_stops_it(
    folders: CeremonyFolders, oneseat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.if_nameindex", lambda: [(1, "lo"), (2, "eth0"), (3, "wlan0")])
    monkeypatch.setattr("oneseat.pipeline.keys.ceremony._is_running", lambda name: name != "wlan0")
    said = oneseat(
        *("keys", "ceremony", "--request", folders.request),
        *("--root-folder", folders.root_folder, "--out", folders.out),
    )
    assert said.status == 252 and "eth0" in said.err and "wlan0" not in said.err
