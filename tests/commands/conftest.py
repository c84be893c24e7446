"""A release engineer's workspace, with keys, charter and a small signed base, and commands run on it."""

from __future__ import annotations

import gc
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.base import current_base
from oneseat.pipeline.exam.model import load
from oneseat.pipeline.keys import rings
from oneseat.pipeline.project import Project
from oneseat.pipeline.roster import sample, write_sample
from oneseat.pipeline.workspace import Workspace
from signing.clock import Clock, SystemClock
from tests.demo_exam import WITHOUT_PHONES
from tests.signing.signed_files import FileSigner

EXAM_FILE = WITHOUT_PHONES
EXAM = load(EXAM_FILE)
PASSPHRASE = "only for tests"


@dataclass(frozen=True)
class CommandResult:
    """A command's end: status, what it printed, and its object under ``--json``."""

    status: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)


class Engineer:
    """Runs commands on one workspace."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.space = Workspace(folder, EXAM.id)
        self.clock: Clock = SystemClock()
        self._capsys = capsys

    def run(self, *arguments: str | Path) -> CommandResult:
        status = run(main_group, [str(argument) for argument in arguments], self.clock)
        captured = self._capsys.readouterr()
        assert PASSPHRASE not in captured.out + captured.err
        return CommandResult(status, captured.out, captured.err)

    def issue(self, count: int) -> CommandResult:
        write_sample(self.space.root / "roster.csv", sample(count, 1, EXAM))
        said = self.run("issue", self.space.root / "roster.csv", "--workers", "0")
        assert said.status == 0
        return said

    def publish(self, count: int) -> None:
        self.issue(count)
        assert self.run("publish").status == 0


@pytest.fixture(scope="session")
def prepared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace with keys, a charter in force, and a base, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    space = Workspace(folder / "dist", EXAM.id)
    with pytest.MonkeyPatch.context() as patch:
        _work_in(space.root, patch)
        rings.init(space, PASSPHRASE.encode(), SystemClock(), rehearsal=True)
        for act in ("sign", "publish"):
            assert run(main_group, ["charter", act], SystemClock()) == 0
        _base(space, folder)
    return space.root


@pytest.fixture(scope="session")
def published_workspace(tmp_path_factory: pytest.TempPathFactory, prepared_workspace: Path) -> Path:
    """The folder of the same with ten seats published and stamped, to be copied."""
    root = tmp_path_factory.mktemp("published") / "dist"
    shutil.copytree(prepared_workspace, root, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        _work_in(root, patch)
        write_sample(root / "roster.csv", sample(10, 1, EXAM))
        stamp = ["stamp", "--all", "--workers", "0"]
        for command in (["issue", str(root / "roster.csv"), "--workers", "0"], ["publish"], stamp):
            assert run(main_group, command, SystemClock()) == 0
    gc.collect()  # the commands' connections write their log into the database when they close
    return root


@pytest.fixture
def prepared(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    prepared_workspace: Path,
) -> Engineer:
    """A workspace with keys, a charter in force, and a base."""
    return _copied(prepared_workspace, tmp_path, monkeypatch, capsys)


@pytest.fixture
def stamped(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    published_workspace: Path,
) -> Engineer:
    """The same, with ten seats published, and their installers."""
    return _copied(published_workspace, tmp_path, monkeypatch, capsys)


@pytest.fixture
def engineer(stamped: Engineer) -> Engineer:
    """The same, with ten seats published."""
    shutil.rmtree(stamped.space.installers)
    return stamped


def _copied(
    workspace: Path, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Engineer:
    shutil.copytree(workspace, folder / "dist", symlinks=True)
    _work_in(folder / "dist", patch)
    return Engineer(folder / "dist", capsys)


def _work_in(workspace: Path, patch: pytest.MonkeyPatch) -> None:
    """Let commands find the workspace, the exam and the passphrase, and no other setting."""
    for name in [name for name in os.environ if name.startswith("ONESEAT_") and name != "ONESEAT_CACHE"]:
        patch.delenv(name)
    patch.setenv("ONESEAT_PASSPHRASE", PASSPHRASE)
    patch.setenv("ONESEAT_WORKSPACE", str(workspace))
    patch.setenv("ONESEAT_EXAM", str(EXAM_FILE))


def _base(space: Workspace, folder: Path) -> None:
    """A base as the builder leaves it, made of a small signed program."""
    project = Project(EXAM_FILE, space.root, PASSPHRASE.encode, SystemClock())
    present = current_base.inputs(project)
    file_signer = FileSigner.make(folder)
    signed = file_signer.base(file_signer.signed("amd64-unicode", "base"))
    target = space.base / "first"
    target.mkdir(parents=True)
    manifest = replace(
        signed.manifest, exam=EXAM.id, build=present.build_id, file_name="setup.exe", rehearsal=True
    )
    shutil.copy(signed.path, target / manifest.file_name)
    (target / "inputs.json").write_text(json.dumps(present.as_object()), "utf-8")
    (target / "manifest.json").write_bytes(manifest.to_json())
    (space.base / "current.json").write_text('{"key": "first"}')
    project.database.close()
