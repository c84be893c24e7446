"""A batch's report: counts, faults by kind, throughput, and how far its candidates have come.

One HTML page that needs nothing else: no script, no font, no picture from elsewhere. The
same facts as one JSON object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from oneseat.files.resources import templates
from oneseat.pipeline.errors import NoBatch, OutputUnwritable, TemplateBroken
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing import charts
from oneseat.pipeline.roster.columns import TITLES
from oneseat.pipeline.written import write_whole
from oneseat.state.database import Database
from oneseat.state.issuing import issue_reports
from oneseat.state.issuing.issue_reports import BatchFacts, Funnel
from oneseat.state.publishing import published_batches
from signing.authority.batch_log import head_hash
from signing.errors import Text

TEMPLATE = "report.html.j2"
_WHOLE_ROW = Text("the whole row", "整行")
_KINDS_SHOWN = 12


@dataclass(frozen=True)
class FaultKind:
    """A reason for which rows were left out, and how many."""

    column: Text
    reason: Text
    count: int


@dataclass(frozen=True)
class Throughput:
    """How fast rows were written. ``working_s`` leaves out the ``pauses`` between two runs.

    ``rates`` are rows a second in equal parts of the working time.
    """

    working_s: float
    pauses: int
    mean_per_s: float
    peak_per_s: float
    rates: tuple[float, ...]


@dataclass(frozen=True)
class PublishedBatch:
    """A batch of the manifest log: its number, its release, the lines that it added, and its root."""

    batch: int
    release: int
    lines: int
    size: int
    at: datetime
    head_sha256: str


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    exam: str
    title: Text
    batch: BatchFacts
    throughput: Throughput | None
    faults: list[FaultKind]
    funnel: Funnel
    published: list[PublishedBatch]
    made_at: datetime


def of(exam: Exam, database: Database, now: datetime, number: int | None = None) -> Report:
    """The report of a batch, or of the one that was begun last.

    Raises:
        NoBatch: there is none.
    """
    with database.reading() as connection:
        facts = issue_reports.batch(connection, exam.id, number)
        if facts is None:
            raise NoBatch(exam=exam.id)
        kinds = issue_reports.fault_kinds(connection, facts.number)
        return Report(
            exam=exam.id,
            title=exam.title.text(),
            batch=facts,
            throughput=throughput(facts.issued_at, issue_reports.written(connection, facts.number)),
            faults=[
                FaultKind(TITLES.get(column, _WHOLE_ROW), reason, count)
                for (column, reason), count in kinds.most_common()
            ],
            funnel=issue_reports.funnel(connection, exam.id),
            published=[
                PublishedBatch(
                    row.batch,
                    row.release_id,
                    row.size - row.start,
                    row.size,
                    row.at,
                    head_hash(row.token),
                )
                for row in published_batches.all_batches(connection, exam.id)
            ],
            made_at=now.replace(microsecond=0),
        )


_PARTS = 48
_PAUSE_S = 30.0


def throughput(begun: datetime, written: Iterable[tuple[datetime, int]]) -> Throughput | None:
    """How fast chunks were written; None where there was none, or no time passed.

    A gap of more than half a minute is a pause between two runs, which no rate is taken of.
    """
    at_s, last, pauses, marks = 0.0, begun, 0, list[tuple[float, int]]()
    for moment, rows in written:
        gap_s = max((moment - last).total_seconds(), 0.0)
        if gap_s > _PAUSE_S:
            pauses += bool(marks)
            gap_s = 0.0
        at_s, last = at_s + gap_s, max(moment, last)
        marks.append((at_s, rows))
    if not at_s:
        return None
    rates = _rates(marks, at_s, min(_PARTS, len(marks)))
    total = sum(rows for _, rows in marks)
    return Throughput(at_s, pauses, total / at_s, max(rates), rates)


def _rates(marks: list[tuple[float, int]], working_s: float, parts: int) -> tuple[float, ...]:
    """Rows a second in each part; a chunk's rows are spread over the time since the one before it."""
    width, rates, before_s = working_s / parts, [0.0] * parts, 0.0
    for at_s, rows in marks:
        first, last = (min(parts - 1, int(moment / width)) for moment in (before_s, at_s))
        span = at_s - before_s
        for part in range(first, last + 1):
            overlap = min(at_s, (part + 1) * width) - max(before_s, part * width)
            share = max(overlap, 0.0) / span if span else float(part == last)
            rates[part] += rows * share / width
        before_s = at_s
    return tuple(rates)


def page(report: Report, zone: ZoneInfo) -> str:
    """The report as a self-contained HTML page in Chinese and English.

    Raises:
        TemplateBroken: the template is missing or malformed.
    """
    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    shown, rest = report.faults[:_KINDS_SHOWN], report.faults[_KINDS_SHOWN:]
    try:
        return environment.get_template(TEMPLATE).render(
            report=report,
            zone=zone.key,
            chart=charts.draw(report.throughput) if report.throughput else None,
            funnel=charts.funnel(report.funnel),
            bars=charts.bars([kind.count for kind in shown]),
            kinds=shown,
            more=sum(kind.count for kind in rest),
        )
    except TemplateError as error:
        raise TemplateBroken(template=TEMPLATE, reason=str(error)) from error


def write(path: Path, html: str) -> None:
    """Write the page.

    Raises:
        OutputUnwritable: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, [html.encode()])
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror or "error") from None
