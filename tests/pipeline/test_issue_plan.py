"""A plan is what a run does; left out rows are retried; a process that lost its issue run writes nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.events import Progress
from oneseat.pipeline.issuing import run as issue_run
from oneseat.pipeline.issuing import worker
from oneseat.pipeline.issuing.errors import IssueRunTakenOver, NothingFailed, PlanStale
from oneseat.pipeline.issuing.issuer import Issued, Planned, Step
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workers.errors import WorkersUnusable
from oneseat.pipeline.workers.interrupts import Stopped, stoppable
from oneseat.pipeline.workers.pool import ChunkDone, WorkerOptions
from oneseat.state.candidates import seat_support
from oneseat.state.issuing import issue_runs
from signing import binding
from signing.authority.errors import KeyRingBroken, SealBroken
from tests.pipeline.exam_workspace import NOW, ExamWorkspace, other_base, people

LATER = timedelta(hours=5)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_run, "CHUNK", 10)


def _planned(
    workspace: ExamWorkspace, roster: Path, *, retry_failed: bool = False
) -> tuple[Planned, list[Step]]:
    steps: list[Step] = []
    return workspace.issuer().plan(roster, on_step=steps.append, retry_failed=retry_failed), steps


def _mixed(workspace: ExamWorkspace) -> Path:
    """A roster with rows to be added, changed, asked for, stale, faulty and repeated."""
    listed = people(40)
    workspace.issue(listed[:25], other_base())
    workspace.issue(listed[:20])
    with workspace.database.writing() as connection:
        jti = next(
            str(row[3]) for row in workspace.rows("seats")["seats"] if row[1] == listed[7].admission_number
        )
        seat_support.queue_reissue(connection, "demo", listed[7].admission_number, jti, NOW)
    listed[3] = Person(listed[3].name + "乙", *listed[3][1:])
    listed[30] = Person(listed[30].name, "0000", listed[30].admission_number)
    listed[35] = listed[12]
    return workspace.roster(listed)


def test_a_plan_names_every_step_and_its_reason(workspace: ExamWorkspace) -> None:
    plan, steps = _planned(workspace, _mixed(workspace))
    assert Counter((step.act, step.why) for step in steps) == {
        ("add", "missing"): 13,
        ("refresh", "stale"): 5,
        ("re-issue", "changed"): 1,
        ("re-issue", "asked"): 1,
        ("leave out", "faulty"): 2,
    }
    assert [step.row for step in steps] == sorted(step.row for step in steps)
    assert (plan.rows, plan.add, plan.refresh, plan.reissue, plan.leave_alone, plan.leave_out) == (
        40,
        13,
        5,
        2,
        18,
        2,
    )


def test_a_plan_writes_no_seat_and_no_licence(workspace: ExamWorkspace) -> None:
    roster = _mixed(workspace)
    before = workspace.rows("seats", "licences", "revocations", "reissues")
    _planned(workspace, roster)
    assert workspace.rows("seats", "licences", "revocations", "reissues") == before


def test_a_run_does_what_was_planned_at_the_planned_time(workspace: ExamWorkspace) -> None:
    roster = _mixed(workspace)
    before = {row[:2] for row in workspace.rows("licences")["licences"]}
    plan, steps = _planned(workspace, roster)
    workspace.clock.at += LATER
    done = workspace.issuer().issue(roster)
    assert (done.issue_run, done.issued_at) == (plan.issue_run, plan.issued_at)
    assert (done.added, done.refreshed, done.reissued, done.unchanged, done.faulty) == (13, 5, 2, 18, 2)
    result = {row[:2] for row in workspace.rows("licences")["licences"]} - before
    assert {jti for jti, _ in result} == {step.jti for step in steps if step.jti}
    assert _planned(workspace, roster)[1] == [step for step in steps if step.act == "leave out"]


def test_a_plan_that_the_state_has_outrun_is_refused(workspace: ExamWorkspace) -> None:
    listed = people(30)
    workspace.issue(listed)
    roster = workspace.roster([*listed, *people(60)[30:]])
    _planned(workspace, roster)
    with workspace.database.writing() as connection:
        number = listed[14].admission_number
        jti = next(str(row[3]) for row in workspace.rows("seats")["seats"] if row[1] == number)
        seat_support.queue_reissue(connection, "demo", number, jti, NOW)
    with pytest.raises(PlanStale) as refused:
        workspace.issuer().issue(roster)
    assert refused.value.facts == {"row": 12}
    assert len(workspace.rows("licences")["licences"]) == 30
    _planned(workspace, roster)
    assert workspace.issuer().issue(roster).reissued == 1


def test_a_newer_plan_replaces_the_older_and_another_roster_ignores_it(workspace: ExamWorkspace) -> None:
    first, _ = _planned(workspace, workspace.roster(people(20)))
    workspace.clock.at += LATER
    second, _ = _planned(workspace, workspace.roster(people(20)))
    assert second.issued_at == first.issued_at + LATER
    workspace.clock.at += LATER
    done = workspace.issuer().issue(workspace.roster(people(21), "other.csv"))
    assert (done.added, done.issued_at) == (21, second.issued_at + LATER)


def test_what_is_left_of_an_interrupted_issue_run_is_planned(workspace: ExamWorkspace) -> None:
    roster = workspace.roster(people(50))
    _stopped_after(workspace, roster, 20)
    workspace.clock.at += LATER
    plan, steps = _planned(workspace, roster)
    assert (plan.done_before, plan.add, len(steps), plan.issued_at) == (20, 30, 30, NOW)
    done = workspace.issuer().issue(roster)
    assert (done.added, done.issued_at, done.issue_run) == (50, NOW, plan.issue_run)


# ------------------------------------------------------------ faults and retries


def _faulty_then_corrected(workspace: ExamWorkspace) -> tuple[list[Person], list[Person]]:
    corrected = people(45)
    faulty = list(corrected)
    faulty[2] = Person("", *faulty[2][1:])
    faulty[33] = Person(faulty[33].name, "0000", "x")
    faulty[40] = Person(*faulty[40][:2], faulty[4].admission_number)
    return faulty, corrected


def test_faults_are_kept_by_row_and_reason_without_what_stands_there(workspace: ExamWorkspace) -> None:
    faulty, _ = _faulty_then_corrected(workspace)
    issued = workspace.issue(faulty)
    assert issued.faulty == 3
    assert [(fault.row, [column for column, _ in fault.reasons]) for fault in issued.faults] == [
        (4, ["name"]),
        (35, ["id_number", "admission_number"]),
        (42, ["admission_number"]),
    ]
    assert issued.faults[2].reasons[0][1].en == "it repeats row 6"
    stored = str(workspace.rows("batch_faults"))
    texts = [text for person in faulty for text in person if len(text) > 1]
    assert len(texts) > 100
    assert not [text for text in texts if text in stored]


def test_only_the_rows_that_were_left_out_are_taken_up_again(workspace: ExamWorkspace) -> None:
    faulty, corrected = _faulty_then_corrected(workspace)
    workspace.issue(faulty)
    corrected[10] = Person(corrected[10].name + "乙", *corrected[10][1:])  # changed, and not asked for
    roster = workspace.roster(corrected)
    plan, steps = _planned(workspace, roster, retry_failed=True)
    assert [(step.row, step.act) for step in steps] == [(4, "add"), (35, "add"), (42, "add")]
    done = workspace.issuer().issue(roster, retry_failed=True)
    assert (done.issue_run, done.rows, done.added, done.reissued, done.faulty) == (plan.issue_run, 3, 3, 0, 0)
    with pytest.raises(NothingFailed):
        workspace.issuer().issue(roster, retry_failed=True)
    assert workspace.issuer().issue(roster).reissued == 1


def test_a_retry_may_leave_rows_out_again(workspace: ExamWorkspace) -> None:
    faulty, corrected = _faulty_then_corrected(workspace)
    workspace.issue(faulty)
    half = [*corrected[:33], faulty[33], *corrected[34:]]
    done = workspace.issuer().issue(workspace.roster(half), retry_failed=True)
    assert (done.added, done.faulty, [fault.row for fault in done.faults]) == (2, 1, [35])
    assert workspace.issuer().issue(workspace.roster(corrected), retry_failed=True).added == 1


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_is_left_out_and_taken_up_again(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = workspace.roster(people(40))
    issuer = workspace.issuer(workers=WorkerOptions(2))
    monkeypatch.setattr(worker, "run_chunk", _deadly_run_chunk)
    done = issuer.issue(roster)
    assert (done.added, done.faulty, done.rows) == (30, 10, 40)
    assert {fault.reasons[0][0] for fault in done.faults} == {""}
    monkeypatch.undo()
    monkeypatch.setattr(issue_run, "CHUNK", 10)
    assert issuer.issue(roster, retry_failed=True).added == 10


_run_chunk = worker.run_chunk


def _deadly_run_chunk(job: worker.IssueJob, request: worker.ChunkRequest) -> worker.ChunkResult | bytes:
    """Kills its worker at the second chunk."""
    if request.rows[0][0] == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    return _run_chunk(job, request)


# ------------------------------------------------------------ other workers


@pytest.mark.parametrize("workers", [WorkerOptions(2), WorkerOptions(2, "local")], ids=["processes", "dask"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_kind_of_worker_gives_the_same_result(
    workspace: ExamWorkspace, tmp_path: Path, workers: WorkerOptions
) -> None:
    alone = ExamWorkspace(tmp_path / "alone", workspace.rings)
    listed = people(95)
    listed[50] = Person("", *listed[50][1:])
    listed[77] = listed[12]
    results: list[Issued] = []
    for each, options in ((alone, WorkerOptions(0)), (workspace, workers)):
        each.issue(listed[:20])
        results.append(each.issuer(workers=options).issue(each.roster(listed)))
    assert results[0] == results[1]
    tables = ("seats", "licences", "batches", "batch_chunks", "batch_faults")
    written = [each.rows(*tables) for each in (alone, workspace)]
    alone_rows, rows = ({**one, "batches": _unowned(one["batches"])} for one in written)
    assert rows == alone_rows


def _unowned(batches: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows of issue runs without the random name of the process that wrote them."""
    return [tuple(cell for cell in row if not (isinstance(cell, str) and len(cell) == 32)) for row in batches]


def test_nothing_of_a_person_travels_to_a_cluster_in_the_clear(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    class Network:
        """A worker pool behind a network that others may watch."""

        local, in_flight = False, 1

        def map(self, function: object, requests: Iterator[object]) -> Iterator[object]:
            for request in requests:
                assert isinstance(request, bytes)
                result = function(request)  # type: ignore[operator]
                sent.extend((request, result))
                yield ChunkDone(request, result)

    listed = people(20)
    source = workspace.issuer()._source(workspace.roster(listed))
    run = workspace.issuer()._begin(source, retry_failed=False)
    with worker.preopened(workspace.rings.authority):
        run.process(Network(), source.opened.rows, stoppable().__enter__(), run.write, lambda *_: None)  # type: ignore[arg-type]
    assert len(workspace.rows("seats")["seats"]) == 20
    assert len(sent) == 4
    for person in listed:
        assert not any(text.encode() in message for text in person for message in sent)


def test_an_envelope_opens_for_the_same_exam_only_and_unchanged(workspace: ExamWorkspace) -> None:
    envelope = worker.Envelope(workspace.rings.authority.secret("exam"))
    sealed = envelope.close(["a person"])
    assert envelope.open(sealed) == ["a person"]
    with pytest.raises(SealBroken):
        worker.Envelope(bytes(64)).open(sealed)
    with pytest.raises(SealBroken):
        envelope.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_a_ring_with_another_licence_key_is_refused_by_workers(workspace: ExamWorkspace) -> None:
    source = workspace.issuer()._source(workspace.roster(people(1)))
    run = workspace.issuer()._begin(source, retry_failed=False)
    strange = replace(run.job, kid="another")
    with worker.preopened(workspace.rings.authority), pytest.raises(KeyRingBroken):
        worker.worker_for(strange)


def test_a_worker_without_a_passphrase_says_so(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ONESEAT_PASSPHRASE", "ONESEAT_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    source = workspace.issuer()._source(workspace.roster(people(1)))
    run = workspace.issuer()._begin(source, retry_failed=False)
    with pytest.raises(WorkersUnusable):
        worker.worker_for(run.job)


# ------------------------------------------------------------ stopping and losing the run


def _stopped_after(workspace: ExamWorkspace, roster: Path, rows: int) -> None:
    def press(progress: Progress) -> None:
        if progress.rows == rows:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        workspace.issuer().issue(roster, on_progress=press)


def test_ctrl_c_finishes_the_chunk_and_the_next_run_goes_on(workspace: ExamWorkspace) -> None:
    roster = workspace.roster(people(50))

    def press(progress: Progress) -> None:
        if progress.rows == 10:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Stopped) as stopped:
        workspace.issuer().issue(roster, on_progress=press)
    assert stopped.value.rows == 10
    assert len(workspace.rows("seats")["seats"]) == 10
    done = workspace.issuer().issue(roster)
    assert (done.added, done.rows, done.resumed) == (50, 50, True)


def test_a_second_ctrl_c_does_not_wait() -> None:
    with stoppable() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_elsewhere_than_in_the_main_thread_signals_are_left_alone() -> None:
    def inside() -> None:
        with stoppable() as stop:
            heard.append(stop.asked)

    heard: list[bool] = []
    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert heard == [False]


def test_a_process_whose_issue_run_was_taken_over_writes_nothing_more(workspace: ExamWorkspace) -> None:
    roster = workspace.roster(people(30))
    source = workspace.issuer()._source(roster)
    cut_off = workspace.issuer()._begin(source, retry_failed=False)
    workspace.issuer()._begin(workspace.issuer()._source(roster), retry_failed=False)
    with worker.preopened(workspace.rings.authority), pytest.raises(IssueRunTakenOver):
        workspace.issuer()._process(cut_off, source, cut_off.write, lambda _: None)
    assert not any(workspace.rows("seats", "licences", "batch_chunks").values())
    assert workspace.issuer().issue(roster).added == 30


def test_each_chunk_has_its_line_with_the_time_it_was_written(workspace: ExamWorkspace) -> None:
    done = workspace.issue(people(25))
    with workspace.database.reading() as connection:
        lines = issue_runs.chunks(connection, done.issue_run)
    assert {chunk: is_done for chunk, (_, is_done) in lines.items()} == {0: True, 1: True, 2: True}
    assert [row[2] for row in workspace.rows("batch_chunks")["batch_chunks"]] == [10, 10, 5]


def test_the_jti_of_a_plan_is_the_seats_own(workspace: ExamWorkspace) -> None:
    (person,) = people(1)
    _, (step,) = _planned(workspace, workspace.roster([person]))
    secret = workspace.rings.authority.secret("exam")
    assert step.jti == binding.derive_jti(secret, person.admission_number, 1)
