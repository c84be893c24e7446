"""A plan is what a run does; what a batch left out is taken up again; whoever lost a batch writes nothing."""

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
from oneseat.pipeline.roster.check import filled
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workers.errors import WorkersUnusable
from oneseat.pipeline.workers.interrupts import Stopped, stoppable
from oneseat.pipeline.workers.pool import Done, Workers
from oneseat.state.candidates import seat_support as desk_state
from oneseat.state.issuing import issue_runs
from signing import binding
from signing.authority.errors import KeyRingBroken, SealBroken
from tests.pipeline.batches import NOW, Desk, other_base, people

LATER = timedelta(hours=5)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_run, "CHUNK", 10)


def _planned(desk: Desk, roster: Path, *, retry_failed: bool = False) -> tuple[Planned, list[Step]]:
    steps: list[Step] = []
    return desk.issuer().plan(roster, on_step=steps.append, retry_failed=retry_failed), steps


def _mixed(desk: Desk) -> Path:
    """A roster of which one row is to be added, others changed, asked for, stale, faulty or doubled."""
    listed = people(40)
    desk.issue(listed[:25], other_base())
    desk.issue(listed[:20])
    with desk.database.writing() as connection:
        jti = next(str(row[3]) for row in desk.rows("seats")["seats"] if row[1] == listed[7].admission_number)
        desk_state.queue_reissue(connection, "demo", listed[7].admission_number, jti, NOW)
    listed[3] = Person(listed[3].name + "乙", *listed[3][1:])
    listed[30] = Person(listed[30].name, "0000", listed[30].admission_number)
    listed[35] = listed[12]
    return desk.roster(listed)


def test_a_plan_names_every_step_and_its_reason(desk: Desk) -> None:
    plan, steps = _planned(desk, _mixed(desk))
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


def test_a_plan_writes_no_seat_and_no_licence(desk: Desk) -> None:
    roster = _mixed(desk)
    before = desk.rows("seats", "licences", "revocations", "reissues")
    _planned(desk, roster)
    assert desk.rows("seats", "licences", "revocations", "reissues") == before


def test_a_run_does_what_was_planned_at_the_planned_time(desk: Desk) -> None:
    roster = _mixed(desk)
    before = {row[:2] for row in desk.rows("licences")["licences"]}
    plan, steps = _planned(desk, roster)
    desk.clock.at += LATER
    done = desk.issuer().issue(roster)
    assert (done.issue_run, done.issued_at) == (plan.issue_run, plan.issued_at)
    assert (done.added, done.refreshed, done.reissued, done.unchanged, done.faulty) == (13, 5, 2, 18, 2)
    made = {row[:2] for row in desk.rows("licences")["licences"]} - before
    assert {jti for jti, _ in made} == {step.jti for step in steps if step.jti}
    assert _planned(desk, roster)[1] == [step for step in steps if step.act == "leave out"]


def test_a_plan_that_the_state_has_outrun_is_refused(desk: Desk) -> None:
    listed = people(30)
    desk.issue(listed)
    roster = desk.roster([*listed, *people(60)[30:]])
    _planned(desk, roster)
    with desk.database.writing() as connection:
        number = listed[14].admission_number
        jti = next(str(row[3]) for row in desk.rows("seats")["seats"] if row[1] == number)
        desk_state.queue_reissue(connection, "demo", number, jti, NOW)
    with pytest.raises(PlanStale) as refused:
        desk.issuer().issue(roster)
    assert refused.value.facts == {"row": 12}
    assert len(desk.rows("licences")["licences"]) == 30
    _planned(desk, roster)
    assert desk.issuer().issue(roster).reissued == 1


def test_a_newer_plan_replaces_the_older_and_another_roster_ignores_it(desk: Desk) -> None:
    first, _ = _planned(desk, desk.roster(people(20)))
    desk.clock.at += LATER
    second, _ = _planned(desk, desk.roster(people(20)))
    assert second.issued_at == first.issued_at + LATER
    desk.clock.at += LATER
    done = desk.issuer().issue(desk.roster(people(21), "other.csv"))
    assert (done.added, done.issued_at) == (21, second.issued_at + LATER)


def test_what_is_left_of_an_interrupted_batch_is_planned(desk: Desk) -> None:
    roster = desk.roster(people(50))
    _stopped_after(desk, roster, 20)
    desk.clock.at += LATER
    plan, steps = _planned(desk, roster)
    assert (plan.done_before, plan.add, len(steps), plan.issued_at) == (20, 30, 30, NOW)
    done = desk.issuer().issue(roster)
    assert (done.added, done.issued_at, done.issue_run) == (50, NOW, plan.issue_run)


# ------------------------------------------------------------ faults and retries


def _faulty_then_corrected(desk: Desk) -> tuple[list[Person], list[Person]]:
    corrected = people(45)
    faulty = list(corrected)
    faulty[2] = Person("", *faulty[2][1:])
    faulty[33] = Person(faulty[33].name, "0000", "x")
    faulty[40] = Person(*faulty[40][:2], faulty[4].admission_number)
    return faulty, corrected


def test_faults_are_kept_by_row_and_reason_without_what_stands_there(desk: Desk) -> None:
    faulty, _ = _faulty_then_corrected(desk)
    issued = desk.issue(faulty)
    assert issued.faulty == 3
    assert [(fault.row, [column for column, _ in fault.reasons]) for fault in issued.faults] == [
        (4, ["name"]),
        (35, ["id_number", "admission_number"]),
        (42, ["admission_number"]),
    ]
    assert issued.faults[2].reasons[0][1].en == "it repeats row 6"
    stored = str(desk.rows("batch_faults"))
    texts = [text for person in faulty for text in person if len(text) > 1]
    assert len(texts) > 100
    assert not [text for text in texts if text in stored]


def test_only_the_rows_that_were_left_out_are_taken_up_again(desk: Desk) -> None:
    faulty, corrected = _faulty_then_corrected(desk)
    desk.issue(faulty)
    corrected[10] = Person(corrected[10].name + "乙", *corrected[10][1:])  # changed, and not asked for
    roster = desk.roster(corrected)
    plan, steps = _planned(desk, roster, retry_failed=True)
    assert [(step.row, step.act) for step in steps] == [(4, "add"), (35, "add"), (42, "add")]
    done = desk.issuer().issue(roster, retry_failed=True)
    assert (done.issue_run, done.rows, done.added, done.reissued, done.faulty) == (plan.issue_run, 3, 3, 0, 0)
    with pytest.raises(NothingFailed):
        desk.issuer().issue(roster, retry_failed=True)
    assert desk.issuer().issue(roster).reissued == 1


def test_a_retry_may_leave_rows_out_again(desk: Desk) -> None:
    faulty, corrected = _faulty_then_corrected(desk)
    desk.issue(faulty)
    half = [*corrected[:33], faulty[33], *corrected[34:]]
    done = desk.issuer().issue(desk.roster(half), retry_failed=True)
    assert (done.added, done.faulty, [fault.row for fault in done.faults]) == (2, 1, [35])
    assert desk.issuer().issue(desk.roster(corrected), retry_failed=True).added == 1


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_is_left_out_and_taken_up_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = desk.roster(people(40))
    issuer = desk.issuer(workers=Workers(2))
    monkeypatch.setattr(worker, "work", _deadly_work)
    done = issuer.issue(roster)
    assert (done.added, done.faulty, done.rows) == (30, 10, 40)
    assert {fault.reasons[0][0] for fault in done.faults} == {""}
    monkeypatch.undo()
    monkeypatch.setattr(issue_run, "CHUNK", 10)
    assert issuer.issue(roster, retry_failed=True).added == 10


_work = worker.work


def _deadly_work(recipe: worker.Recipe, piece: worker.Piece) -> worker.Made | bytes:
    """Kills its worker at the second chunk."""
    if piece.rows[0][0] == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    return _work(recipe, piece)


# ------------------------------------------------------------ other workers


@pytest.mark.parametrize("workers", [Workers(2), Workers(2, "local")], ids=["processes", "dask"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_whoever_works_the_result_is_the_same(desk: Desk, tmp_path: Path, workers: Workers) -> None:
    alone = Desk(tmp_path / "alone", desk.rings)
    listed = people(95)
    listed[50] = Person("", *listed[50][1:])
    listed[77] = listed[12]
    results: list[Issued] = []
    for each, hands in ((alone, Workers(0)), (desk, workers)):
        each.issue(listed[:20])
        results.append(each.issuer(workers=hands).issue(each.roster(listed)))
    assert results[0] == results[1]
    tables = ("seats", "licences", "batches", "batch_chunks", "batch_faults")
    written = [each.rows(*tables) for each in (alone, desk)]
    alone_rows, rows = ({**one, "batches": _unowned(one["batches"])} for one in written)
    assert rows == alone_rows


def _unowned(batches: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Batches without the random name of the run that wrote them."""
    return [tuple(cell for cell in row if not (isinstance(cell, str) and len(cell) == 32)) for row in batches]


def test_nothing_of_a_person_travels_to_a_cluster_in_the_clear(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    class Network:
        """A crew that others may watch."""

        local, in_flight = False, 1

        def map(self, function: object, pieces: Iterator[object]) -> Iterator[object]:
            for piece in pieces:
                assert isinstance(piece, bytes)
                made = function(piece)  # type: ignore[operator]
                sent.extend((piece, made))
                yield Done(piece, made)

    listed = people(20)
    source = desk.issuer()._source(desk.roster(listed))
    run = desk.issuer()._begun(source, retry_failed=False)
    with worker.at_hand(desk.rings.authority):
        rows = filled(source.rows)
        run.through(Network(), rows, stoppable().__enter__(), run.write, lambda *_: None)  # type: ignore[arg-type]
    assert len(desk.rows("seats")["seats"]) == 20
    assert len(sent) == 4
    for person in listed:
        assert not any(text.encode() in message for text in person for message in sent)


def test_an_envelope_opens_for_the_same_exam_only_and_unchanged(desk: Desk) -> None:
    envelope = worker.Envelope(desk.rings.authority.secret("exam"))
    sealed = envelope.close(["a person"])
    assert envelope.open(sealed) == ["a person"]
    with pytest.raises(SealBroken):
        worker.Envelope(bytes(64)).open(sealed)
    with pytest.raises(SealBroken):
        envelope.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_a_ring_with_another_licence_key_is_refused_by_workers(desk: Desk) -> None:
    source = desk.issuer()._source(desk.roster(people(1)))
    run = desk.issuer()._begun(source, retry_failed=False)
    strange = replace(run.recipe, kid="another")
    with worker.at_hand(desk.rings.authority), pytest.raises(KeyRingBroken):
        worker.bench_for(strange)


def test_a_worker_without_a_passphrase_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONESEAT_PASSPHRASE", "ONESEAT_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    source = desk.issuer()._source(desk.roster(people(1)))
    run = desk.issuer()._begun(source, retry_failed=False)
    with pytest.raises(WorkersUnusable):
        worker.bench_for(run.recipe)


# ------------------------------------------------------------ stopping and being disowned


def _stopped_after(desk: Desk, roster: Path, rows: int) -> None:
    def press(progress: Progress) -> None:
        if progress.rows == rows:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        desk.issuer().issue(roster, on_progress=press)


def test_ctrl_c_finishes_the_chunk_and_the_next_run_goes_on(desk: Desk) -> None:
    roster = desk.roster(people(50))

    def press(progress: Progress) -> None:
        if progress.rows == 10:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Stopped) as stopped:
        desk.issuer().issue(roster, on_progress=press)
    assert stopped.value.rows == 10
    assert len(desk.rows("seats")["seats"]) == 10
    done = desk.issuer().issue(roster)
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


def test_a_run_whose_batch_another_has_taken_over_writes_nothing_more(desk: Desk) -> None:
    roster = desk.roster(people(30))
    source = desk.issuer()._source(roster)
    cut_off = desk.issuer()._begun(source, retry_failed=False)
    desk.issuer()._begun(desk.issuer()._source(roster), retry_failed=False)
    with worker.at_hand(desk.rings.authority), pytest.raises(IssueRunTakenOver):
        desk.issuer()._through(cut_off, source, cut_off.write, lambda _: None)
    assert not any(desk.rows("seats", "licences", "batch_chunks").values())
    assert desk.issuer().issue(roster).added == 30


def test_each_chunk_has_its_line_with_the_time_it_was_written(desk: Desk) -> None:
    done = desk.issue(people(25))
    with desk.database.reading() as connection:
        lines = issue_runs.chunks(connection, done.issue_run)
    assert {chunk: is_done for chunk, (_, is_done) in lines.items()} == {0: True, 1: True, 2: True}
    assert [row[2] for row in desk.rows("batch_chunks")["batch_chunks"]] == [10, 10, 5]


def test_the_jti_of_a_plan_is_the_seats_own(desk: Desk) -> None:
    (person,) = people(1)
    _, (step,) = _planned(desk, desk.roster([person]))
    secret = desk.rings.authority.secret("exam")
    assert step.jti == binding.derive_jti(secret, person.admission_number, 1)
