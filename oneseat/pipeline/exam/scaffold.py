"""Writes a new exam file from a template: commented, valid, with dates to be changed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from oneseat.files.atomic import write_atomic
from oneseat.files.resources import templates
from oneseat.pipeline.exam import model
from oneseat.pipeline.exam.errors import ExamExists
from oneseat.pipeline.output_faults import unwritable
from signing.clock import Clock
from signing.documents import KINDS

_LEAD = timedelta(days=30)


def write_new(path: Path, exam_id: str, clock: Clock, timezone: str = "Asia/Shanghai") -> model.Exam:
    """Write a commented exam file whose window opens in a month; return the exam.

    Raises:
        ExamExists: the file exists.
        ExamInvalid: the id has the wrong form; nothing is written.
        OutputUnwritable: the file cannot be written.
    """
    text = render(exam_id, clock, timezone)
    exam = model.parse(text, path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [text.encode()], durable=False, replace=False)
    except FileExistsError:
        raise ExamExists(file=path) from None
    except OSError as error:
        raise unwritable(path, error) from None
    return exam


def render(exam_id: str, clock: Clock, timezone: str) -> str:
    """Render the text of a new exam file."""
    zone = ZoneInfo(timezone)
    first = (clock.now().astimezone(zone) + _LEAD).date()

    def at(day: int, wall_clock: str) -> str:
        moment = datetime.combine(first + timedelta(days=day - 1), time.fromisoformat(wall_clock), zone)
        return moment.isoformat(timespec="seconds")

    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- TOML, and the only value from outside is checked as an exam id
        keep_trailing_newline=True,
    )
    plain_id = exam_id.replace('"', "").replace("\n", "")
    return environment.get_template("exam.toml.j2").render(id=plain_id, timezone=timezone, kinds=KINDS, at=at)
