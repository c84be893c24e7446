"""What a candidate waits for before the window: only what the window needs is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

ON_DEMAND = {
    "argparse",
    "oneseat.client.commands",
    "oneseat.client.online.portal_sync",
    "oneseat.client.sessions.session_windows",
    "oneseat.client.enrol",
    "oneseat.client.health",
    "oneseat.client.online.portal",
    "oneseat.client.actions",
    "oneseat.client.gui.steps",
    "email",
    "http.client",
    "oneseat.client.online.http",
    "shutil",
    "socket",
    "ssl",
    "urllib.request",
}
"""What only the network, the command line and the steps behind the login need: most of what there is."""


def test_the_window_is_ready_before_what_comes_after_it_is_loaded() -> None:
    pytest.importorskip("tkinter")
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import oneseat.client.cli, oneseat.client.gui.app; print(*sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-S", "-c", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    loaded = shown.stdout.decode().split()
    assert "oneseat.client.gui.app" in loaded
    assert ON_DEMAND.isdisjoint(loaded)


def run_without(module: str, arguments: List[str]) -> subprocess.CompletedProcess[bytes]:
    """Run the program's entry where one library cannot be imported, as after a quarantine."""
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"sys.modules[{module!r}] = None\n"
        f"from oneseat.client.__main__ import run; sys.exit(run({arguments!r}) % 251)"
    )
    return subprocess.run(
        [sys.executable, "-S", "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


QUARANTINED = ("nacl._sodium", "_cffi_backend")


@pytest.mark.parametrize("module", QUARANTINED)
def test_a_library_in_quarantine_is_a_refusal_in_json(module: str, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    ended = run_without(module, ["--check", "--json", "--output", str(output)])
    assert (ended.returncode, ended.stderr) == (1220 % 251, b"")
    report: Dict[str, Any] = json.loads(output.read_text("utf-8"))
    assert report["code"] == "OS-1220" and report["accepted"] is False
    name = module.rpartition(".")[2]
    assert report["cause"]["zh"] == f"考生端的文件缺失或损坏（{name}），可能已被杀毒软件隔离或删除。"


def test_a_library_in_quarantine_reaches_the_installers_page_and_standard_output(tmp_path: Path) -> None:
    message = tmp_path / "message.txt"
    arguments = ["enrol", "--installer", "x.exe", f"--message-file={message}", "--language", "zh", "--json"]
    ended = run_without("nacl._sodium", arguments)
    code, cause, remedy = message.read_text("utf-16").splitlines()
    assert code == "OS-1220" and "_sodium" in cause and "重新安装" in remedy
    assert json.loads(ended.stdout)["code"] == "OS-1220"


@pytest.mark.skipif(sys.platform == "win32", reason="the box waits for somebody to close it")
def test_without_arguments_a_library_in_quarantine_ends_with_the_refusals_number() -> None:
    ended = run_without("nacl._sodium", [])
    assert (ended.returncode, ended.stdout, ended.stderr) == (1220 % 251, b"", b"")
