"""What a candidate waits for before the window: only what the window needs is loaded."""

from __future__ import annotations

import subprocess
import sys

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
