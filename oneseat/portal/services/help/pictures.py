"""Attaches pictures to help requests, takes them away, and decrypts them for an operator.

Pictures are encrypted as the words of a request are. The number of the request is authenticated, so that
a picture cannot be moved to another request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.help import HelpActRefused, HelpRequestUnknown
from oneseat.portal.refusals.help_pictures import PicturesFull, PicturesNotNow
from oneseat.portal.rules.help_rules import MAX_PICTURES, may_take_away
from oneseat.portal.services.help.queue_board import holding_of
from oneseat.state.help import pictures, requests
from oneseat.state.help.pictures import HelpPicture
from oneseat.state.help.requests import HelpRequest
from signing.authority import sealing
from signing.binding import keyed_hash
from signing.session_times import answer_time_ends


@dataclass(frozen=True)
class NewPicture:
    """A picture that was encoded anew, and the bytes that were sent, by which repetitions are known."""

    sent: bytes = field(repr=False)
    encoded: bytes = field(repr=False)


@dataclass(frozen=True)
class AttachedPictures:
    """A request's pictures as its candidate sees them, and what can be done with them now."""

    listed: tuple[HelpPicture, ...]
    may_add: bool
    may_take_away: bool
    not_before: datetime | None
    """The end of the answer time that runs; None while none does."""

    @property
    def free(self) -> int:
        """How many more may be added."""
        return MAX_PICTURES - len(self.listed)


def read_attached(exam: ServedExam, request: HelpRequest, now: datetime) -> AttachedPictures:
    """The pictures of a request, without their contents."""
    with exam.database.reading() as connection:
        listed = tuple(pictures.list_of(connection, exam.exam, request.id))
    not_before = answer_time_ends(exam.charter_for_longest().charter, now)
    is_open = request.closed_at is None
    may_add = is_open and not_before is None and len(listed) < MAX_PICTURES
    return AttachedPictures(listed, may_add, is_open and may_take_away(holding_of(request), now), not_before)


def refuse_now(exam: ServedExam, now: datetime) -> None:
    """Refuse pictures while questions of a formal session are answered.

    Raises:
        PicturesNotNow: they are.
    """
    in_force = exam.charter_for_longest()
    end = answer_time_ends(in_force.charter, now)
    if end is not None:
        raise PicturesNotNow(until=schedule.deadline(end, in_force.zone))


def open_for_pictures(exam: ServedExam, request: HelpRequest | None, now: datetime) -> HelpRequest:
    """The request, if pictures can be attached to it now.

    Raises:
        HelpRequestUnknown: the candidate has made no request.
        HelpActRefused: it is closed.
        PicturesNotNow: questions of a formal session are being answered.
    """
    refuse_now(exam, now)
    if request is None:
        raise HelpRequestUnknown
    if request.closed_at is not None:
        raise HelpActRefused
    return request


def attach(exam: ServedExam, number: str, picture: NewPicture, now: datetime) -> None:
    """Attach a picture to a request. The same file sent again is one picture.

    Raises:
        HelpRequestUnknown, HelpActRefused, PicturesNotNow: as :func:`open_for_pictures`.
        PicturesFull: the request has :data:`MAX_PICTURES`.
    """
    key = (exam.pepper, exam.exam, number)
    tag, sealed = _tag(*key, picture.sent), seal_picture(*key, picture.encoded)
    with exam.database.writing() as connection:
        # Locked, so that two uploads at once do not both take the last place.
        request = open_for_pictures(exam, requests.lock(connection, exam.exam, number), now)
        listed = pictures.list_of(connection, exam.exam, request.id)
        if any(present.tag == tag for present in listed):
            return
        if len(listed) >= MAX_PICTURES:
            raise PicturesFull(most=MAX_PICTURES)
        pictures.add(connection, exam.exam, request.id, tag, sealed, now)


def take_away(exam: ServedExam, number: str, picture_id: int, now: datetime) -> None:
    """Erase a picture of a request; nothing happens where it is gone.

    Raises:
        HelpRequestUnknown: the candidate has made no request.
        HelpActRefused: an operator has the request, or it is closed.
    """
    with exam.database.writing() as connection:
        request = requests.lock(connection, exam.exam, number)
        if request is None:
            raise HelpRequestUnknown
        if request.closed_at is not None or not may_take_away(holding_of(request), now):
            raise HelpActRefused
        pictures.erase(connection, exam.exam, request.id, picture_id)


def seal_picture(pepper: bytes, exam: str, number: str, encoded: bytes) -> bytes:
    """Encrypt a picture of a request."""
    return sealing.seal(_key(pepper), encoded, _context(exam, number))


def open_picture(pepper: bytes, exam: str, number: str, sealed: bytes) -> bytes:
    """Decrypt a picture of a request.

    Raises:
        SealBroken: it was changed, or belongs to another request.
    """
    return sealing.unseal(_key(pepper), sealed, _context(exam, number))


def _tag(pepper: bytes, exam: str, number: str, sent: bytes) -> bytes:
    # Keyed: a plain hash would tell whether a known picture is among those of a request.
    return keyed_hash(pepper, b"oneseat/help-picture-tag/v1", exam.encode(), number.encode(), sent)


def _key(pepper: bytes) -> bytes:
    return b"".join(keyed_hash(pepper, b"oneseat/help-picture/v1", half) for half in (b"mac", b"cipher"))


def _context(exam: str, number: str) -> bytes:
    return f"help-picture {exam} {number}".encode()
