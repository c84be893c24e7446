"""Kills ``publish`` with SIGKILL at a moment of its run, whether it publishes a phone app too or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from signing.authority.manifest import Manifest
from tests.pipeline.exam_workspace import PASSPHRASE, ExamWorkspace

HERE = Path(__file__).parent
MOMENTS = {
    "before the store": False,
    "in the store": False,
    "among the lines": False,
    "in the transaction": False,
    "before the files": True,
    "after it": True,
}
"""Where a run may be killed, and whether candidates see the new release then."""
BETWEEN_THE_ARTEFACTS = "between the artefacts"
"""The installer's base is in the store, the phone app's is not: nothing is seen."""


def kill_publish(
    workspace: ExamWorkspace, base: Path, manifest: Manifest, moment: str, phone: Manifest | None = None
) -> None:
    """Publish in a process of its own, and kill it at the moment. A phone app lies in the workspace."""
    (workspace.folder / "manifest.json").write_bytes(manifest.to_json())
    command = [
        sys.executable,
        str(HERE / "publish_in_a_process.py"),
        str(workspace.folder),
        str(base),
        moment,
    ]
    if phone is not None:
        (workspace.folder / "phone.json").write_bytes(phone.to_json())
        command.append(str(workspace.folder / "phone" / "key"))
    environment = {
        **os.environ,
        "RINGS": str(workspace.rings.authority.folder),
        "PASSPHRASE": PASSPHRASE.decode(),
    }
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=HERE.parents[1])
    assert process.stdout is not None
    assert process.stdout.readline() == b"now\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
