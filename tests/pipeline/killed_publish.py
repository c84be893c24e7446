"""Kills ``publish`` with SIGKILL at a moment of its run, whether it publishes a phone app too or not."""

from __future__ import annotations

from pathlib import Path

from signing.authority.manifest import Manifest
from tests.forked import Forked
from tests.pipeline import publish_in_a_process
from tests.pipeline.exam_workspace import ExamWorkspace


def kill_publish(
    workspace: ExamWorkspace, base: Path, manifest: Manifest, moment: str, phone: Manifest | None = None
) -> None:
    """Publish in a process of its own, and kill it at the moment. A phone app lies in the workspace."""
    (workspace.folder / "manifest.json").write_bytes(manifest.to_json())
    phone_folder = None
    if phone is not None:
        (workspace.folder / "phone.json").write_bytes(phone.to_json())
        phone_folder = workspace.folder / "phone" / "key"
    given = (workspace.folder, base, moment, phone_folder)
    with Forked(publish_in_a_process.main, *given, **workspace.rings.for_processes()) as process:
        assert process.stdout.readline() == "now\n"
