"""The same batch on PostgreSQL: by COPY, to the same rows, and never by two runs at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.issuing import run, worker
from oneseat.pipeline.issuing.errors import IssueRunTakenOver
from oneseat.pipeline.issuing.issuer import lock_name
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workers.pool import Workers
from oneseat.state.database import Database
from oneseat.state.errors import RunInProgress
from tests.pipeline.batches import Desk, other_base, people
from tests.postgres import Cluster


@pytest.fixture
def served(desk: Desk, postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose state is in PostgreSQL."""
    monkeypatch.setattr(run, "CHUNK", 10)
    desk.database.close()
    with postgres.schema() as address:
        desk.database = Database.create(address)
        yield desk
        desk.database.close()


def test_both_databases_end_up_with_the_same_rows(served: Desk, tmp_path: Path) -> None:
    beside = Desk(tmp_path / "beside", served.rings)
    listed = people(45)
    listed[20] = Person("", *listed[20][1:])
    for each in (served, beside):
        each.issue(listed[:25], other_base())
        each.issue(listed[:20])
        changed = [Person(listed[0].name + "乙", *listed[0][1:]), *listed[1:]]
        issued = each.issuer(workers=Workers(2)).issue(each.roster(changed))
        assert (issued.added, issued.refreshed, issued.reissued, issued.faulty) == (20, 4, 1, 1)
    tables = ("seats", "licences", "editions", "batch_chunks", "batch_faults")
    assert served.rows(*tables) == beside.rows(*tables)
    beside.database.close()


def test_a_run_that_lost_its_lock_with_its_connection_is_disowned(served: Desk) -> None:
    """A server that restarts frees the lock of a run that lives on; who takes over then owns the batch."""
    roster = served.roster(people(30))
    source = served.issuer()._source(roster)
    with served.database.exclusive(lock_name("demo")):
        cut_off = served.issuer()._begun(source, retry_failed=False)
        with pytest.raises(RunInProgress):
            served.issuer().issue(roster)
        with served.database.reading() as connection:
            ended = connection.scalar(
                text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
                )
            )
        assert ended == 1
        assert served.issuer().issue(roster).added == 30
        with worker.at_hand(served.rings.authority), pytest.raises(IssueRunTakenOver):
            served.issuer()._through(cut_off, source, cut_off.write, lambda _: None)
