"""A real Dask cluster: a scheduler and workers that were started by somebody else, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from oneseat.pipeline.events import Progress
from oneseat.pipeline.issuing import run
from oneseat.pipeline.workers.errors import ClusterUnreachable, WorkersUnusable
from oneseat.pipeline.workers.pool import WorkerOptions, worker_pool
from tests.patience import wait_until
from tests.pipeline.exam_workspace import PASSPHRASE, ExamWorkspace, people

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@dataclass
class Cluster:
    """A scheduler and its workers, in a folder of their own."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(json.loads((self.folder / "scheduler.json").read_text())["address"])

    def start(self, *arguments: str, **more: str) -> None:
        environment = {name: value for name, value in os.environ.items() if "PASSPHRASE" not in name}
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--scheduler-file", "scheduler.json"],
                cwd=self.folder,
                env={**environment, "PYTHONPATH": str(ROOT), **more},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def worker(self, name: str, **environment: str) -> None:
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--name", name)
        self.start("worker", *options, "--local-directory", str(self.folder / name), **environment)

    def kill_a_worker(self) -> None:
        """Kill a worker proper: the child of a nanny."""
        for process in self.processes[1:]:
            tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
            children = [child for task in tasks for child in task.read_text().split()]
            for child in children:
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)
                    return
        raise AssertionError("no worker found")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait_until((folder / "scheduler.json").exists)
        yield made
    finally:
        for process in made.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
def test_a_cluster_issues_what_one_process_would_although_a_worker_is_killed(
    workspace: ExamWorkspace, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 20)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    for name in ("first", "second"):
        cluster.worker(name, ONESEAT_PASSPHRASE_FILE=str(tmp_path / "passphrase"))
    alone = ExamWorkspace(tmp_path / "alone", workspace.rings)
    listed = people(1200)
    alone.issue(listed)

    def kill(progress: Progress) -> None:
        if progress.rows == 400:
            cluster.kill_a_worker()

    issuer = workspace.issuer(workers=WorkerOptions(scheduler=cluster.address))
    done = issuer.issue(workspace.roster(listed), on_progress=kill)
    assert (done.added, done.faulty) == (1200, 0)
    assert workspace.rows("seats", "licences") == alone.rows("seats", "licences")


@pytest.mark.slow
def test_workers_without_a_passphrase_are_refused(workspace: ExamWorkspace, cluster: Cluster) -> None:
    cluster.worker("only")
    with pytest.raises(WorkersUnusable):
        workspace.issuer(workers=WorkerOptions(scheduler=cluster.address)).issue(workspace.roster(people(5)))
    assert workspace.rows("seats")["seats"] == []


def test_a_cluster_without_workers_is_refused_rather_than_waited_for(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oneseat.pipeline.workers.backends.WORKERS_TIMEOUT_S", 1)
    with (
        pytest.raises(ClusterUnreachable, match="no workers"),
        worker_pool(WorkerOptions(scheduler=cluster.address)),
    ):
        pass
