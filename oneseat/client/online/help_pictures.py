"""Pictures of one seat's help request: checked here, kept encrypted, and sent while the request is open.

Each is stored first and deleted once the portal has it, so one way leads to the portal, now or later.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Callable, List, NamedTuple, Optional, Tuple

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import (
    PictureNotKept,
    PicturesInAnswerTime,
    PicturesNotOffered,
    PictureUnusable,
    PortalAnswerUnusable,
    PortalRefused,
    PortalUnreachable,
    StorageFailed,
)
from oneseat.client.launch import Acceptance
from oneseat.client.local.kept_pictures import MAX_PICTURE_BYTES, MAX_PICTURES, KeptPictures
from oneseat.client.online.help_answer import HelpAnswer
from oneseat.client.online.portal_sync import PortalFor
from signing import dates
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.session_times import answer_time_ends
from signing.text import Text

RETRY_AFTER_S = 30.0
"""How long nothing is sent after an upload failed: on a slow line each attempt takes minutes."""

_NOT_NOW = 947
"""The portal's number for a picture in an answer time."""
_REQUEST_GONE = frozenset((962, 964))
"""The portal's numbers for a request that there is none of, or that is closed."""


class PicturesHere(NamedTuple):
    """What this computer knows of pictures that the portal does not have.

    ``waiting`` are the slots of those to be sent; ``failed`` is why others could not be sent; ``not_before``
    when pictures can be added again, after the answer time that runs.
    """

    waiting: Tuple[int, ...] = ()
    failed: Tuple[OneSeatError, ...] = ()
    not_before: Optional[datetime] = None


class PictureProgress:
    """What one run remembers of a seat's pictures: refusals to show, and when to try again."""

    def __init__(self) -> None:
        self.failed: List[OneSeatError] = []
        self.sending = threading.Lock()
        self._retry_at = 0.0

    @property
    def is_paused(self) -> bool:
        """Whether an upload failed a moment ago."""
        return time.monotonic() < self._retry_at

    def pause(self) -> None:
        """Try again only after :data:`RETRY_AFTER_S`."""
        self._retry_at = time.monotonic() + RETRY_AFTER_S

    def fail(self, refusal: OneSeatError) -> None:
        """Remember why a picture could not be sent."""
        self.failed = [*self.failed, refusal][-MAX_PICTURES:]


class HelpPictures:
    """The pictures of one login. :meth:`send` and :meth:`remove` wait for the network."""

    def __init__(
        self,
        computer: Computer,
        portal_for: PortalFor,
        acceptance: Acceptance,
        now: Callable[[], datetime],
        progress: PictureProgress,
    ) -> None:
        self._portal_for, self._acceptance, self._now = portal_for, acceptance, now
        self._progress = progress
        self._kept = KeptPictures(computer, acceptance.charter.exam, acceptance.seat.jti)

    @property
    def here(self) -> PicturesHere:
        """The state on this computer."""
        return PicturesHere(self._kept.slots(), tuple(self._progress.failed), self._not_before())

    def keep(self, path: Path, number: str) -> None:
        """Check a file, and keep it for the request with this number (empty: for the one that is kept).

        Raises:
            PicturesInAnswerTime: the answer time of a formal session is running.
            PictureUnusable: it cannot be read, is too large or no picture, or three wait already.
            PictureNotKept: it cannot be stored.
        """
        end = self._not_before()
        if end is not None:
            raise PicturesInAnswerTime(until=dates.deadline(end, end))
        content = read_picture(path)
        try:
            is_stored = self._kept.store(number, content)
        except StorageFailed:
            raise PictureNotKept from None
        if not is_stored:
            raise PictureUnusable(reason=Text("three pictures are waiting", "已有 3 张图片待发送"))

    def send(self, answer: HelpAnswer) -> HelpAnswer:
        """Send what waits to an open request; returns the request with the pictures that it then has.

        What cannot be sent now is kept. What the portal refuses is deleted, and the refusal remembered.
        """
        if not self._progress.sending.acquire(blocking=False):  # another thread sends already
            return answer
        try:
            for slot in self._kept.slots():
                if not self._progress.is_paused and self._not_before() is None:
                    answer = self._send_one(slot, answer)
        finally:
            self._progress.sending.release()
        return answer

    def remove(self, picture_id: int) -> None:
        """Take a picture away that the portal has.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see :mod:`oneseat.client.online.portal`.
        """
        seat = self._acceptance.seat
        if seat.activation is not None:
            portal = self._portal_for(self._acceptance.charter)
            portal.remove_picture(seat.activation, picture_id, seat.device)

    def drop(self, slot: int) -> None:
        """Delete a picture that waits.

        Raises:
            StorageFailed: it cannot be deleted.
        """
        self._kept.drop(slot)

    def dismiss(self, refusal: OneSeatError) -> None:
        """Show a refusal no longer."""
        self._progress.failed = [one for one in self._progress.failed if one is not refusal]

    def forget(self) -> None:
        """Delete what waits, since its request is gone; what cannot be deleted is never sent."""
        self._progress.failed = []
        with contextlib.suppress(StorageFailed):
            self._kept.drop_all()

    def _not_before(self) -> Optional[datetime]:
        return answer_time_ends(self._acceptance.charter, self._now())

    def _send_one(self, slot: int, answer: HelpAnswer) -> HelpAnswer:
        picture, seat = self._kept.read(slot), self._acceptance.seat
        if picture is None or seat.activation is None or not picture.belongs_to(answer.number):
            self._forget_one(slot)
        elif answer.pictures is None:
            self._forget_one(slot, PicturesNotOffered())
        elif answer.pictures.not_before is None:
            try:
                portal = self._portal_for(self._acceptance.charter)
                listed = portal.add_picture(seat.activation, picture.content, seat.device)
            except (PortalUnreachable, PortalAnswerUnusable):
                self._progress.pause()
            except PortalRefused as refusal:
                self._refused(slot, refusal)
            else:
                self._forget_one(slot)
                return replace(answer, pictures=listed)
        return answer

    def _refused(self, slot: int, refusal: PortalRefused) -> None:
        if not refusal.is_final or refusal.portal_number == _NOT_NOW:
            self._progress.pause()
        else:
            is_gone = refusal.portal_number in _REQUEST_GONE
            self._forget_one(slot, None if is_gone else refusal)

    def _forget_one(self, slot: int, refusal: Optional[OneSeatError] = None) -> None:
        if refusal is not None:
            self._progress.fail(refusal)
        try:
            self._kept.drop(slot)
        except StorageFailed:  # held open by a scanner: sent again, it is the same picture
            self._progress.pause()


def read_picture(path: Path) -> bytes:
    """Read a picture file.

    Raises:
        PictureUnusable: it cannot be read, is too large, or is neither JPEG, PNG nor WebP.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_PICTURE_BYTES + 1)
    except OSError as fault:
        raise PictureUnusable(reason=system_reason(fault)) from None
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureUnusable(reason=Text("it is larger than 8 MB", "文件超过 8 MB"))
    if not _is_picture(content):
        raise PictureUnusable(
            reason=Text("it is not a JPEG, PNG or WebP picture", "不是 JPEG、PNG 或 WebP 格式的图片")
        )
    return content


def _is_picture(content: bytes) -> bool:
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return is_webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
