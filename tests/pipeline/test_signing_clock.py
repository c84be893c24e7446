"""The clock that signs: what a wrong one is refused for, who may overrule it, and what mends a wrong past."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.errors import ClockBehind, ExamOver
from oneseat.pipeline.exam import charters
from oneseat.pipeline.issuing import run
from oneseat.pipeline.issuing.errors import LicenceNeverValid
from oneseat.pipeline.issuing.issuer import Issued, Issuer, Step
from oneseat.pipeline.workers.interrupts import Stopped
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from signing.fields import unix_time
from signing.tokens import Licence
from tests.pipeline.exam_workspace import BUILD, EXAM, NOW, ExamWorkspace, Rings, people
from tests.signing.signed_files import Base

OVER = EXAM.last_interview_ends
EIGHT_HOURS = timedelta(hours=8)
"""How far a clock is ahead that shows local time as if it were UTC."""


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, signed_base: Base) -> ExamWorkspace:
    """A workspace with a signed base and a charter in force, and nothing issued yet."""
    workspace = ExamWorkspace(tmp_path, rings, replace(signed_base.manifest, build=BUILD))
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    return workspace


def _issuer(workspace: ExamWorkspace, *, trust_clock: bool = False) -> Issuer:
    return Issuer(
        workspace.exam,
        workspace.manifest,
        workspace.rings.authority,
        workspace.database,
        workspace.clock,
        trust_clock=trust_clock,
    )


def _issue(workspace: ExamWorkspace, count: int, *, trust_clock: bool = False) -> Issued:
    return _issuer(workspace, trust_clock=trust_clock).issue(workspace.roster(people(count)))


def _not_before(workspace: ExamWorkspace) -> Counter[datetime]:
    """Count the licences of the seats by the time from which they are valid."""
    signer = workspace.rings.authority.signer("licence")
    newest = {row[3] for row in workspace.rows("seats")["seats"]}
    tokens = [str(row[-1]) for row in workspace.rows("licences")["licences"] if row[0] in newest]
    return Counter(unix_time(Licence.verify(token, {signer.kid: signer.public_key}).nbf) for token in tokens)


def _acts(workspace: ExamWorkspace) -> list[str]:
    with workspace.database.reading() as connection:
        return [entry.act for entry in audit.latest(connection, "demo", 100)]


def test_after_the_last_interview_nothing_is_signed_unless_the_clock_is_trusted(
    workspace: ExamWorkspace,
) -> None:
    workspace.clock.at = OVER
    with pytest.raises(ExamOver):
        _issue(workspace, 3)
    with pytest.raises(ExamOver):
        _issuer(workspace).plan(workspace.roster(people(3)), on_step=lambda _: None)
    assert not any(workspace.rows("seats", "licences", "batches").values())
    assert _issue(workspace, 3, trust_clock=True).added == 3
    with workspace.database.reading() as connection:
        (entry,) = [e for e in audit.latest(connection, "demo", 9) if e.act == "clock.trusted"]
    assert entry.facts == '{"doubt":"OS-690","job":"issue"}'


def test_a_second_before_the_end_is_in_time(workspace: ExamWorkspace) -> None:
    workspace.clock.at = OVER - timedelta(seconds=1)
    assert _issue(workspace, 3).added == 3
    assert "clock.trusted" not in _acts(workspace)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=1), timedelta(days=3650)])
def test_no_licence_that_ends_before_it_begins_is_signed_whatever_is_trusted(
    workspace: ExamWorkspace, after: timedelta
) -> None:
    workspace.clock.at = EXAM.ends.astimezone(UTC) + after
    with pytest.raises(LicenceNeverValid):
        _issue(workspace, 3, trust_clock=True)
    assert not any(workspace.rows("seats", "licences", "batches", "audit").values())


def test_a_clock_behind_the_newest_audit_entry_signs_nothing(workspace: ExamWorkspace) -> None:
    _issue(workspace, 3)
    workspace.clock.at -= timedelta(days=3)
    with pytest.raises(ClockBehind) as refused:
        _issue(workspace, 5)
    assert "Sat 30 December 2034, 10:00" in refused.value.cause_text.en
    assert "2035年1月2日（星期二）10:00" in refused.value.cause_text.zh
    assert _issue(workspace, 5, trust_clock=True).added == 2
    assert _issue(workspace, 6).added == 1, "what is recorded last counts, not what is dated last"


def test_clocks_of_two_computers_may_differ_by_what_clients_tolerate(workspace: ExamWorkspace) -> None:
    _issue(workspace, 3)
    workspace.clock.at -= timedelta(minutes=5)
    assert _issue(workspace, 5).added == 2
    assert _issue(workspace, 5).reissued == 0, "a client accepts what is dated five minutes ahead"
    workspace.clock.at -= timedelta(minutes=5, seconds=1)
    with pytest.raises(ClockBehind):
        _issue(workspace, 6)


def test_publishing_examines_the_same_clock(ready: ExamWorkspace, signed_base: Base) -> None:
    _issue(ready, 3)
    ready.clock.at -= timedelta(days=1)
    with pytest.raises(ClockBehind):
        ready.publish(signed_base.path)
    ready.clock.at = OVER + timedelta(days=1)
    with pytest.raises(ExamOver):
        ready.publish(signed_base.path)
    ready.clock.at = NOW
    assert ready.publish(signed_base.path).seats == 3
    ready.clock.at = OVER + timedelta(days=1)
    assert not ready.publish(signed_base.path).changed, "nothing is signed where nothing is new"


def test_the_portal_of_a_rehearsal_has_a_clock_of_its_own(ready: ExamWorkspace) -> None:
    """Its entries are dated inside the download window, years ahead of the release engineer's clock."""
    rehearsal = Database.create(ready.folder / "rehearsal.db", rehearsal=True)
    for database, refused in ((rehearsal, False), (ready.database, True)):
        with database.writing() as connection:
            audit.append(connection, NOW + timedelta(days=2), "operator:1", "login", "demo")
        ready.database = database
        if refused:
            with pytest.raises(ClockBehind):
                _issue(ready, 3)
        else:
            assert _issue(ready, 3).added == 3
    rehearsal.close()


def test_licences_that_a_clock_ahead_has_dated_are_issued_anew(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    ready.clock.at = NOW + EIGHT_HOURS
    _issue(ready, 10)
    ready.publish(signed_base.path)
    assert _not_before(ready) == {NOW + EIGHT_HOURS: 10}

    ready.clock.at = NOW  # set right
    with pytest.raises(ClockBehind):
        _issue(ready, 12)
    steps: list[Step] = []
    planned = _issuer(ready, trust_clock=True).plan(ready.roster(people(12)), on_step=steps.append)
    assert (planned.add, planned.reissue, planned.leave_alone) == (2, 10, 0)
    assert Counter((step.act, step.why) for step in steps) == {
        ("re-issue", "dated ahead"): 10,
        ("add", "missing"): 2,
    }
    issued = _issue(ready, 12, trust_clock=True)
    assert (issued.added, issued.reissued, issued.unchanged) == (2, 10, 0)
    assert _not_before(ready) == {NOW: 12}

    published = ready.publish(signed_base.path)
    assert (published.seats, published.new, published.replaced) == (12, 2, 10)
    assert _issue(ready, 12).unchanged == 12


def test_a_run_that_began_with_a_clock_ahead_is_not_resumed_with_its_issue_time(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 5)
    workspace.clock.at = NOW + EIGHT_HOURS
    with pytest.raises(Stopped):
        _issuer(workspace).issue(
            workspace.roster(people(20)), on_progress=lambda _: os.kill(os.getpid(), signal.SIGINT)
        )
    workspace.clock.at = NOW
    issued = _issue(workspace, 20)
    assert not issued.resumed
    assert (issued.issued_at, issued.added, issued.reissued) == (NOW, 15, 5)
    assert _not_before(workspace) == {NOW: 20}
