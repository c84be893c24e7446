"""The report of an issue run says what happened, names nobody, and needs nothing but a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from oneseat.commands.console import to_json_value
from oneseat.pipeline.errors import OutputUnwritable
from oneseat.pipeline.exam import charters
from oneseat.pipeline.issuing import report, throughput
from oneseat.pipeline.issuing.errors import NoIssueRun
from oneseat.state.issuing.issue_reports import Funnel
from signing.authority.batch_log import head_hash
from signing.authority.manifest import Manifest
from tests.pipeline.exam_workspace import BUILD, EXAM, NOW, ExamWorkspace, Rings, people
from tests.signing.signed_files import Base


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, signed_base: Base) -> Iterator[ExamWorkspace]:
    """Forty rows of which three are faulty, published; half of the seats downloaded, a quarter activated."""
    manifest: Manifest = replace(signed_base.manifest, exam="demo", build=BUILD)
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    rows = [
        person._replace(id_number=person.id_number[:10]) if n < 3 else person
        for n, person in enumerate(people(40))
    ]
    workspace.issue(rows)
    workspace.publish(signed_base.path)
    with workspace.database.writing() as connection:
        jtis = connection.scalars(text("SELECT published_jti FROM seats ORDER BY published_jti")).all()
        columns = "jti, exam, device_key, token, at"
        activated = text(f"INSERT INTO activations ({columns}) VALUES (:jti, 'demo', x'00', 't', 3)")
        for place, jti in enumerate(jtis[:20]):
            connection.execute(text("INSERT INTO downloads VALUES (:jti, 'demo', 1, 1, 1, 2)"), {"jti": jti})
            if place < 10:
                connection.execute(activated, {"jti": jti})
    yield workspace
    workspace.database.close()


def test_it_counts_what_happened(ready: ExamWorkspace) -> None:
    made = report.of(EXAM, ready.database, NOW)
    assert (made.issue_run.rows, made.issue_run.added, made.issue_run.faulty) == (40, 37, 3)
    assert made.funnel == Funnel(issued=37, published=37, downloaded=20, activated=10)
    assert sum(kind.count for kind in made.faults) == 3
    assert {kind.column.zh for kind in made.faults} == {"身份证号"}
    (published,) = made.published_batches
    token = ready.rows("manifest_heads")["manifest_heads"][0][5]
    assert (published.published_batch, published.lines) == (1, 37)
    assert published.head_sha256 == head_hash(str(token))


def test_it_is_of_the_issue_run_asked_for(ready: ExamWorkspace) -> None:
    ready.issue(people(50))
    assert report.of(EXAM, ready.database, NOW).issue_run.rows == 50
    assert report.of(EXAM, ready.database, NOW, 1).issue_run.rows == 40
    with pytest.raises(NoIssueRun):
        report.of(EXAM, ready.database, NOW, 9)


def test_the_page_stands_alone_and_names_nobody(ready: ExamWorkspace) -> None:
    html = report.page(report.of(EXAM, ready.database, NOW), EXAM.zone)
    assert "<script" not in html and "@import" not in html and "url(" not in html
    assert not re.search(r"(src|href)\s*=", html)
    assert "default-src 'none'" in html
    for person in people(40):
        for secret in person:
            assert str(secret) not in html
    assert "37" in html and "未签发的原因" in html and "Why rows were left out" in html


def test_the_same_is_json(ready: ExamWorkspace) -> None:
    said = json.loads(json.dumps(to_json_value(report.of(EXAM, ready.database, NOW))))
    assert said["issue_run"]["added"] == 37 and said["funnel"]["activated"] == 10


def test_texts_from_the_exam_are_escaped(ready: ExamWorkspace) -> None:
    made = report.of(EXAM, ready.database, NOW)
    bent = replace(made, title=made.title._replace(zh="<b>&", en="<i>"))
    html = report.page(bent, EXAM.zone)
    assert "&lt;b&gt;&amp;" in html and "<i>" not in html.replace("<i></i>", "").replace("<i class", "")


def test_a_page_that_cannot_be_written_is_told(ready: ExamWorkspace) -> None:
    (ready.folder / "file").write_text("")
    with pytest.raises(OutputUnwritable):
        report.write(ready.folder / "file" / "page.html", "")


def test_a_pause_between_two_runs_counts_for_nothing() -> None:
    second = timedelta(seconds=1)
    marks = [(NOW + second * at, 1000) for at in (1, 2, 3, 4000, 4001, 4002)]
    found = throughput.measure(NOW, marks)
    assert found is not None
    assert (found.working_s, found.pauses) == (5.0, 1)
    assert found.mean_per_s == pytest.approx(1200)


def test_nothing_written_has_no_throughput() -> None:
    assert throughput.measure(NOW, []) is None
    assert throughput.measure(NOW, [(NOW, 5)]) is None


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 5000)), min_size=1, max_size=300))
def test_rates_add_up_to_the_rows_that_were_written(steps: list[tuple[int, int]]) -> None:
    moment, marks = NOW, []
    for after_ms, rows in steps:
        moment += timedelta(milliseconds=after_ms)
        marks.append((moment, rows))
    found = throughput.measure(NOW, marks)
    if found is None:
        return
    part_s = found.working_s / len(found.rates)
    assert sum(found.rates) * part_s == pytest.approx(sum(rows for _, rows in marks), rel=1e-6)
    assert found.peak_per_s >= found.mean_per_s * 0.999
