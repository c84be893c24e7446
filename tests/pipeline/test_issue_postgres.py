"""The same issue run on PostgreSQL: by COPY, to the same rows, and never by two processes at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.issuing import run, worker
from oneseat.pipeline.issuing.errors import IssueRunTakenOver
from oneseat.pipeline.issuing.issuer import lock_name
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workers.pool import WorkerOptions
from oneseat.state.database import Database
from oneseat.state.errors import RunInProgress
from tests.pipeline.exam_workspace import ExamWorkspace, other_base, people
from tests.postgres import Cluster


@pytest.fixture
def served(
    workspace: ExamWorkspace, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ExamWorkspace]:
    """A workspace whose state is in PostgreSQL."""
    monkeypatch.setattr(run, "CHUNK", 10)
    workspace.database.close()
    with postgres.schema() as address:
        workspace.database = Database.create(address)
        yield workspace
        workspace.database.close()


def test_both_databases_end_up_with_the_same_rows(served: ExamWorkspace, tmp_path: Path) -> None:
    beside = ExamWorkspace(tmp_path / "beside", served.rings)
    listed = people(45)
    listed[20] = Person("", *listed[20][1:])
    for each in (served, beside):
        each.issue(listed[:25], other_base())
        each.issue(listed[:20])
        changed = [Person(listed[0].name + "乙", *listed[0][1:]), *listed[1:]]
        issued = each.issuer(workers=WorkerOptions(2)).issue(each.roster(changed))
        assert (issued.added, issued.refreshed, issued.reissued, issued.faulty) == (20, 4, 1, 1)
    tables = ("seats", "licences", "editions", "batch_chunks", "batch_faults")
    assert served.rows(*tables) == beside.rows(*tables)
    beside.database.close()


def test_a_process_that_lost_its_lock_with_its_connection_writes_nothing(served: ExamWorkspace) -> None:
    """A server that restarts frees the lock of a process that lives on; the next one owns the issue run."""
    roster = served.roster(people(30))
    source = served.issuer()._source(roster)
    with served.database.exclusive(lock_name("demo")):
        cut_off = served.issuer()._begin(source, retry_failed=False)
        with pytest.raises(RunInProgress):
            served.issuer().issue(roster)
        held = "FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
        with served.database.reading() as connection:
            assert connection.scalar(text(f"SELECT count(pg_terminate_backend(pid)) {held}")) == 1
        # The server only sends a signal, and the process that gets it lets the lock go in its own time.
        for _ in range(600):
            with served.database.reading() as connection:
                if connection.scalar(text(f"SELECT count(*) {held}")) == 0:
                    break
            time.sleep(0.05)
        assert served.issuer().issue(roster).added == 30
        with worker.preopened(served.rings.authority), pytest.raises(IssueRunTakenOver):
            served.issuer()._process(cut_off, source, cut_off.write, lambda _: None)
