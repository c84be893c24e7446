"""What a candidate waits for before the window: only what the window needs is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

ON_DEMAND = {"argparse", "email", "http.client", "shutil", "socket", "ssl", "urllib.request"}
"""What only the network and the command line need: together a good part of the start."""


def test_the_window_is_ready_before_the_network_and_the_command_line_are_loaded() -> None:
    pytest.importorskip("tkinter")
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import client.cli, client.window.app; print(*sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-S", "-c", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    loaded = shown.stdout.decode().split()
    assert "client.window.app" in loaded
    assert ON_DEMAND.isdisjoint(loaded)
