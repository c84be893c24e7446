"""Decides when an exam's data may be erased."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from oneseat.pipeline.exam.model import Exam
from oneseat.state.errors import PurgeRefused
from signing import dates
from signing.text import Text


def require_ended(exam: Exam, now: datetime) -> None:
    """Check that the exam is over and that the client no longer has to stay installed.

    Raises:
        PurgeRefused: one of these dates has not passed.
    """
    until = max(exam.ends, exam.keep_until or exam.ends)
    if now < until:
        ends = dates.deadline(exam.local(until))
        raise PurgeRefused(
            exam=exam.id,
            reason=Text(f"it is kept until {ends.en} (--early)", f"保留期至 {ends.zh}（可用 --early）"),
        )


def refuse_unconfirmed(exam_id: str) -> NoReturn:
    """Refuse to purge: the exam's id was not typed.

    Raises:
        PurgeRefused: always.
    """
    raise PurgeRefused(
        exam=exam_id, reason=Text("its id was not given to confirm it", "未输入考试编号进行确认")
    )
