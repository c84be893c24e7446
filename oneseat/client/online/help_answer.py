"""A help request as the portal reports it: state, place in the queue, answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Optional, Tuple

from signing.fields import Fields
from signing.text import Text

_MAX_TEXT = 600
_MAX_ANSWERS = 10
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Announcement:
    """A fault that the desk has announced; ``since`` is None from a portal of an earlier version."""

    words: str
    since: Optional[datetime]


@dataclass(frozen=True)
class PictureList:
    """The pictures of a request, oldest first, and what can be done with them now.

    ``not_before`` is when pictures can be added again, after the answer time that runs; None outside one.
    """

    ids: Tuple[int, ...]
    most: int
    may_add: bool
    may_take_away: bool
    not_before: Optional[datetime]


@dataclass(frozen=True)
class HelpAnswer:
    """State of the seat's newest request.

    ``place`` and ``wait_minutes`` are None where it does not wait, or no estimate can be made. ``callback``
    is masked. ``answers`` are the desk's, oldest first; ``incidents`` are faults that it has announced.
    ``answered_from`` is when support begins to answer again; None if it does now, or its hours are unknown.
    ``pictures`` is None from a portal of an earlier version.
    """

    number: str
    status: Text
    is_open: bool
    place: Optional[int]
    wait_minutes: Optional[int]
    callback: Optional[str]
    calls_from: Tuple[str, ...]
    answers: Tuple[str, ...]
    incidents: Tuple[Announcement, ...]
    answered_from: Optional[datetime] = None
    pictures: Optional[PictureList] = None


def parse_help_answer(fields: Fields) -> Optional[HelpAnswer]:
    """Parse the portal's response, and shorten its texts to what can be shown; None if there is no request.

    Raises:
        TokenMalformed: a member is missing, or of another type.
    """
    if fields.has("has_request") and not fields.flag("has_request"):
        return None
    status = fields.child("status_words")
    return HelpAnswer(
        _shown(fields.text("number")),
        Text(_shown(status.text("en")), _shown(status.text("zh"))),
        fields.flag("open"),
        _optional_integer(fields, "place"),
        _optional_integer(fields, "wait_minutes"),
        _shown(fields.text("callback")) if fields.has("callback") else None,
        tuple(map(_shown, fields.texts("calls_from"))),
        tuple(_shown(answer.text("words")) for answer in fields.children("answers"))[-_MAX_ANSWERS:],
        _announcements(fields)[:_MAX_ANSWERS],
        fields.instant("answered_from") if fields.has("answered_from") else None,
        parse_pictures(fields.child("pictures")) if fields.has("pictures") else None,
    )


def parse_pictures(fields: Fields) -> PictureList:
    """Parse the list of a request's pictures.

    Raises:
        TokenMalformed: a member is missing, or of another type.
    """
    return PictureList(
        tuple(picture.integer("id") for picture in fields.children("pictures"))[:_MAX_ANSWERS],
        fields.integer("most"),
        fields.flag("may_add"),
        fields.flag("may_take_away"),
        fields.instant("not_before") if fields.has("not_before") else None,
    )


def _announcements(fields: Fields) -> Tuple[Announcement, ...]:
    if not fields.has("announcements"):
        return tuple(Announcement(_shown(words), None) for words in fields.texts("incidents"))
    return tuple(
        Announcement(_shown(one.text("words")), one.instant("since"))
        for one in fields.children("announcements")
    )


def _optional_integer(fields: Fields, name: str) -> Optional[int]:
    return fields.integer(name) if fields.has(name) else None


def _shown(text: str) -> str:
    return _CONTROL.sub(" ", text)[:_MAX_TEXT]
