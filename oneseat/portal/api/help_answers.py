"""Answers about help requests, as sessions, programs and devices get them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.help_boards import board_of
from oneseat.portal.rules.help_rules import MAX_PICTURES, Reason
from oneseat.portal.sdk.models import (
    HelpAnswer,
    HelpIncident,
    HelpPicture,
    HelpPictures,
    HelpReply,
    Said,
)
from oneseat.portal.services.help.pictures import read_attached
from oneseat.portal.services.help.reading import read_own
from oneseat.state.help.requests import HelpRequest
from signing import service_hours


def help_answer(request: Request, exam: ServedExam, shown: HelpRequest, now: datetime) -> HelpAnswer:
    """A request as its candidate sees it now."""
    board, in_force = board_of(request, exam).current(now), exam.charter()
    support, zone = in_force.charter.support, in_force.zone
    next_opening = service_hours.next_opening(support.hours, now)
    own = read_own(exam, board, shown)
    return HelpAnswer(
        number=shown.number,
        reason=Reason(shown.reason),
        status=shown.status,
        status_words=Said(**own.status._asdict()),
        open=own.is_open,
        submitted_at=shown.submitted_at.isoformat(timespec="seconds"),
        place=own.place,
        wait_minutes=None if own.wait is None else int(own.wait / timedelta(minutes=1)),
        callback=own.callback,
        calls_from=support.calls_from,
        calling_from=own.calling_from,
        answers=tuple(
            HelpReply(at=answer.at.isoformat(timespec="seconds"), words=answer.words)
            for answer in own.answers
        ),
        incidents=tuple(incident.words for incident in board.incidents),
        announcements=tuple(
            HelpIncident(words=incident.words, since=_local(incident.opened_at, zone))
            for incident in board.incidents
        ),
        answered_from=None if next_opening is None else _local(next_opening, zone),
        pictures=pictures_answer(exam, shown, now),
    )


def pictures_answer(exam: ServedExam, shown: HelpRequest, now: datetime) -> HelpPictures:
    """The pictures of a request, and what its candidate can do with them now."""
    attached = read_attached(exam, shown, now)
    end = attached.not_before
    return HelpPictures(
        pictures=tuple(
            HelpPicture(id=picture.id, added_at=picture.added_at.isoformat(timespec="seconds"))
            for picture in attached.listed
        ),
        most=MAX_PICTURES,
        may_add=attached.may_add,
        may_take_away=attached.may_take_away,
        not_before=None if end is None else _local(end, exam.charter().zone),
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """A time on the exam's own clock, as clients show it."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
