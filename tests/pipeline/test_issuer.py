"""Issuing: who is added, left alone, refreshed, re-issued; and what a kill at any moment leaves."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.issuing import issuer, run
from oneseat.pipeline.roster.errors import RosterChanged, RosterFaulty, RosterMissing
from oneseat.pipeline.roster.sample import Person
from oneseat.state.accounts import audit
from oneseat.state.candidates import seat_support
from oneseat.state.errors import RunInProgress
from signing import binding
from signing.authority.sealing import unseal
from signing.clock import FixedClock
from signing.tokens import Licence
from tests.forked import Forked
from tests.pipeline import issue_in_a_process
from tests.pipeline.exam_workspace import EXAM, MANIFEST, NOW, ExamWorkspace, other_base, people

RESULT = ("seats", "editions", "licences", "revocations")


def _counts(issued: issuer.Issued) -> tuple[int, int, int, int]:
    return (issued.added, issued.unchanged, issued.refreshed, issued.reissued)


def _licences(workspace: ExamWorkspace) -> dict[str, Licence]:
    keys = {signer.kid: signer.public_key for signer in [workspace.rings.authority.signer("licence")]}
    return {str(row[0]): Licence.verify(str(row[-1]), keys) for row in workspace.rows("licences")["licences"]}


def test_a_licence_binds_its_seat_to_its_person(workspace: ExamWorkspace) -> None:
    (person,) = people(1)
    workspace.issue([person])
    ((jti, edition, exam, number, login_tag, sealed, _),) = workspace.rows("licences")["licences"]
    assert (edition, exam, number) == (1, "demo", person.admission_number)
    seat_key = unseal(workspace.rings.portal.secret("delivery"), sealed, str(jti).encode())  # type: ignore[arg-type]
    licence = _licences(workspace)[str(jti)]
    licence.check_identity(seat_key, person.id_number, person.admission_number)
    licence.check_base(MANIFEST.authenticode_sha256)
    assert (licence.exam, licence.build) == ("demo", MANIFEST.build)
    assert (licence.nbf, licence.exp) == (NOW.timestamp(), EXAM.ends.timestamp())
    assert login_tag == binding.login_tag(workspace.rings.portal.secret("pepper"), *person)


def test_the_database_holds_no_name_and_no_id_number(workspace: ExamWorkspace) -> None:
    listed = people(20)
    workspace.issue(listed)
    workspace.database.close()
    stored = b"".join(path.read_bytes() for path in workspace.folder.glob("state.db*"))
    for person in listed:
        assert person.admission_number.encode() in stored
        assert person.id_number.encode() not in stored
        assert person.name.encode() not in stored


def test_the_same_roster_again_changes_nothing(workspace: ExamWorkspace) -> None:
    assert _counts(workspace.issue(people(30))) == (30, 0, 0, 0)
    before = workspace.rows(*RESULT)
    workspace.clock.at += timedelta(days=1)
    assert _counts(workspace.issue(people(30))) == (0, 30, 0, 0)
    assert workspace.rows(*RESULT) == before


def test_a_longer_roster_adds(workspace: ExamWorkspace) -> None:
    workspace.issue(people(30))
    assert _counts(workspace.issue(people(50))) == (20, 30, 0, 0)


def test_a_corrected_person_is_reissued_and_the_rest_left_alone(workspace: ExamWorkspace) -> None:
    listed = people(10)
    workspace.issue(listed)
    before = _licences(workspace)
    spelled = Person(listed[3].name + "乙", *listed[3][1:])
    other_id = Person(listed[5].name, people(60)[59].id_number, listed[5].admission_number)
    corrected = [*listed[:3], spelled, listed[4], other_id, *listed[6:]]
    assert _counts(workspace.issue(corrected)) == (0, 8, 0, 2)
    after = _licences(workspace)
    assert set(before) < set(after)
    assert len(after) == 12
    seats = {row[1]: (row[2], row[3]) for row in workspace.rows("seats")["seats"]}
    generation, jti = seats[spelled.admission_number]
    assert generation == 2
    assert jti not in before
    assert _counts(workspace.issue(corrected)) == (0, 10, 0, 0)


def test_a_new_base_refreshes_under_the_same_jti(workspace: ExamWorkspace) -> None:
    workspace.issue(people(10))
    before = {row[:4] for row in workspace.rows("seats")["seats"]}
    assert _counts(workspace.issue(people(12), other_base())) == (2, 0, 10, 0)
    assert before < {row[:4] for row in workspace.rows("seats")["seats"]}
    assert _counts(workspace.issue(people(12), other_base())) == (0, 12, 0, 0)
    assert _counts(workspace.issue(people(12))) == (0, 10, 2, 0)


def test_a_later_last_day_refreshes_beside_what_is_published(workspace: ExamWorkspace) -> None:
    workspace.issue(people(5))
    longer = EXAM.model_copy(update={"ends": EXAM.ends + timedelta(days=7)})
    issued = workspace.issuer(exam=longer).issue(workspace.roster(people(5)))
    assert _counts(issued) == (0, 0, 5, 0)
    assert len(workspace.rows("licences")["licences"]) == 10


def test_faulty_rows_are_reported_and_stop_nothing_else(workspace: ExamWorkspace) -> None:
    listed = people(5)
    listed[2] = Person(listed[2].name, "0000", listed[2].admission_number)
    issued = workspace.issue(listed)
    assert _counts(issued) == (4, 0, 0, 0)
    assert (issued.faulty, [fault.row for fault in issued.faults]) == (1, [4])
    assert issued.rows == 5


def test_strict_stops_before_anything_is_written(workspace: ExamWorkspace) -> None:
    listed = people(5)
    listed[2] = Person("", *listed[2][1:])
    with pytest.raises(RosterFaulty):
        workspace.issuer().issue(workspace.roster(listed), strict=True)
    assert not any(workspace.rows(*RESULT, "batches").values())


def test_what_cannot_be_issued_is_refused_and_writes_nothing(workspace: ExamWorkspace) -> None:
    with pytest.raises(OfOtherExam):
        workspace.issue(people(1), replace(MANIFEST, exam="other"))
    with pytest.raises(RosterMissing):
        workspace.issuer().issue(workspace.folder / "absent.csv")
    assert not any(workspace.rows(*RESULT).values())


def test_a_roster_that_changes_while_it_is_read_is_noticed(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)
    roster = workspace.roster(people(30))

    def meddle(_: issuer.Progress) -> None:
        with roster.open("a", encoding="utf-8") as file:
            file.write("\n")

    with pytest.raises(RosterChanged):
        workspace.issuer().issue(roster, on_progress=meddle)


def test_progress_is_reported_row_by_row(workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)
    reported: list[int] = []
    workspace.issuer().issue(
        workspace.roster(people(25)), on_progress=lambda progress: reported.append(progress.rows)
    )
    assert reported == [10, 20, 25]


def test_two_runs_at_once_exclude_each_other(workspace: ExamWorkspace) -> None:
    with workspace.database.exclusive(issuer.lock_name("demo")), pytest.raises(RunInProgress):
        workspace.issue(people(1))
    workspace.issue(people(1))


# ------------------------------------------------------------------------------------- killed and run again


def _run(workspace: ExamWorkspace, roster: Path, *, later: int) -> Forked:
    """Start ``issue`` as a process, ``later`` hours after the test's time; it prints a line a chunk."""
    rings = workspace.rings.for_processes()
    return Forked(issue_in_a_process.main, workspace.folder, roster, later, **rings)


def _killed_after(process: Forked, chunks: int, extra_s: float) -> None:
    with process:
        for _ in range(chunks):
            process.stdout.readline()
        process.wait(extra_s)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_and_run_again_the_result_is_the_same(
    workspace: ExamWorkspace, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)
    undisturbed = ExamWorkspace(tmp_path / "undisturbed", workspace.rings)
    listed = people(200)
    listed[77] = Person("", *listed[77][1:])
    for each in (workspace, undisturbed):
        each.issue(listed[:40])
        each.clock.at += timedelta(hours=1)
    expected = undisturbed.issuer().issue(undisturbed.roster(listed))

    chance = random.Random(seed)
    roster = workspace.roster(listed)
    reached = 0
    for later in (1, 2, 3):
        reached += chance.randrange(1, 5)
        _killed_after(_run(workspace, roster, later=later), reached, chance.random() * 0.02)
    workspace.clock.at += timedelta(hours=9)
    done = workspace.issuer().issue(roster)

    assert _counts(done) == _counts(expected) == (159, 40, 0, 0)
    assert done.issued_at == expected.issued_at
    assert (done.faulty, done.faults, done.rows) == (expected.faulty, expected.faults, expected.rows)
    assert done.resumed
    assert workspace.rows(*RESULT) == undisturbed.rows(*RESULT)


def test_a_dead_runs_lock_is_taken_over_and_a_living_ones_is_not(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)
    roster = workspace.roster(people(100))
    with _run(workspace, roster, later=0) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(RunInProgress):
            workspace.issuer().issue(roster)
    assert workspace.issuer().issue(roster).added == 100


def test_another_roster_after_a_kill_begins_an_issue_run_of_its_own(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)

    def stop(progress: issuer.Progress) -> None:
        if progress.rows == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.issuer().issue(workspace.roster(people(50)), on_progress=stop)
    workspace.clock.at += timedelta(hours=1)
    done = workspace.issue(people(60))
    assert _counts(done) == (40, 20, 0, 0)
    assert not done.resumed
    assert done.issued_at == FixedClock(NOW).now() + timedelta(hours=1)


def _jti_of(workspace: ExamWorkspace, person: Person) -> str:
    (jti,) = [str(row[3]) for row in workspace.rows("seats")["seats"] if row[1] == person.admission_number]
    return jti


def test_a_seat_that_the_desk_asked_for_is_reissued_once_although_nothing_changed(
    workspace: ExamWorkspace,
) -> None:
    listed = people(10)
    workspace.issue(listed)
    asked, old = listed[3], _jti_of(workspace, listed[3])
    with workspace.database.writing() as connection:
        assert seat_support.queue_reissue(connection, "demo", asked.admission_number, old, NOW)
    assert _counts(workspace.issue(listed)) == (0, 9, 0, 1)
    assert _jti_of(workspace, asked) == binding.derive_jti(
        workspace.rings.authority.secret("exam"), asked.admission_number, 2
    )
    with workspace.database.reading() as connection:
        assert seat_support.pending_reissues(connection, "demo", [asked.admission_number]) == {}
        assert audit.latest(connection, "demo", 1)[0].facts.count('"reissued":1') == 1
    assert _counts(workspace.issue(listed)) == (0, 10, 0, 0)


def test_a_seat_that_the_roster_does_not_name_stays_on_the_queue(workspace: ExamWorkspace) -> None:
    listed = people(10)
    workspace.issue(listed)
    with workspace.database.writing() as connection:
        number = listed[9].admission_number
        seat_support.queue_reissue(connection, "demo", number, _jti_of(workspace, listed[9]), NOW)
    assert _counts(workspace.issue(listed[:9])) == (0, 9, 0, 0)
    assert _counts(workspace.issue(listed)) == (0, 9, 0, 1)
