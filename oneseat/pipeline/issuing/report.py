"""The report of an issue run: counts, faults by kind, throughput, and the funnel to activation.

It is one self-contained HTML page, without scripts, fonts or pictures from elsewhere, or
the same facts as one JSON object.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from oneseat.files.atomic import write_atomic
from oneseat.files.resources import templates
from oneseat.pipeline.errors import TemplateBroken
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing import charts
from oneseat.pipeline.issuing.errors import NoIssueRun
from oneseat.pipeline.issuing.throughput import Throughput, measure
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.roster.columns import TITLES
from oneseat.state import phone_figures
from oneseat.state.database import Database
from oneseat.state.issuing import issue_reports
from oneseat.state.issuing.issue_reports import Funnel, IssueRunFacts
from oneseat.state.phone_figures import PhoneTotals
from oneseat.state.publishing import published_batches
from signing.authority.batch_log import head_hash
from signing.text import Text, untranslated

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
class PublishedBatch:
    """A published batch: its number, its release, the lines that it added, and its root."""

    published_batch: int
    release: int
    lines: int
    size: int
    at: datetime
    head_sha256: str


@dataclass(frozen=True)
class Report:
    """The figures of the page."""

    exam: str
    title: Text
    issue_run: IssueRunFacts
    throughput: Throughput | None
    faults: list[FaultKind]
    funnel: Funnel
    phones: PhoneTotals | None
    """The same of the phone app; None where no phone licence was ever issued."""
    published_batches: list[PublishedBatch]
    made_at: datetime


def of(exam: Exam, database: Database, now: datetime, number: int | None = None) -> Report:
    """Read the report of an issue run; without ``number``, of the one that began last.

    Raises:
        NoIssueRun: the exam has no such issue run.
    """
    with database.reading() as connection:
        facts = issue_reports.issue_run(connection, exam.id, number)
        if facts is None:
            raise NoIssueRun(exam=exam.id)
        kinds = issue_reports.fault_kinds(connection, facts.number)
        return Report(
            exam=exam.id,
            title=exam.title.text(),
            issue_run=facts,
            throughput=measure(facts.issued_at, issue_reports.written(connection, facts.number)),
            faults=[
                FaultKind(TITLES.get(column, _WHOLE_ROW), reason, count)
                for (column, reason), count in kinds.most_common()
            ],
            funnel=issue_reports.funnel(connection, exam.id),
            phones=phone_figures.totals(connection, exam.id),
            published_batches=[
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


def page(report: Report, zone: ZoneInfo) -> str:
    """Render the report as a self-contained HTML page in Chinese and English.

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
    kinds, others = report.faults[:_KINDS_SHOWN], report.faults[_KINDS_SHOWN:]
    try:
        return environment.get_template(TEMPLATE).render(
            report=report,
            zone=zone.key,
            chart=charts.draw(report.throughput) if report.throughput else None,
            funnel=charts.funnel(report.funnel),
            phones=charts.phones(report.phones, report.funnel.issued) if report.phones else (),
            bars=charts.bars([kind.count for kind in kinds]),
            kinds=kinds,
            more=sum(kind.count for kind in others),
        )
    except TemplateError as error:
        raise TemplateBroken(template=TEMPLATE, reason=untranslated(error)) from error


def write(path: Path, html: str) -> None:
    """Write the page to a file.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [html.encode()])
    except OSError as error:
        raise unwritable(path, error) from None
