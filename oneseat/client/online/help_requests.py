"""Help requests of one seat: checked here, sent to the portal, kept on this computer while it is offline."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Sequence

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import (
    HelpCallbackInvalid,
    HelpNotKept,
    HelpNotOffered,
    HelpReasonMissing,
    HelpWordsMissing,
    PortalAnswerUnusable,
    PortalRefused,
    PortalUnreachable,
    StorageFailed,
)
from oneseat.client.launch import Acceptance
from oneseat.client.local.kept_help import KeptHelp
from oneseat.client.online.help_answer import HelpAnswer
from oneseat.client.online.help_pictures import HelpPictures, PictureProgress, PicturesHere
from oneseat.client.online.portal_sync import PortalFor
from signing.errors import OneSeatError

REASONS = ("login", "face", "device", "answering", "upload", "computer", "other")
"""What the portal takes as a reason, in the order of the list."""
MAX_WORDS = 500

_REQUEST_UNKNOWN = 962
"""The portal's number for a seat that has no request."""
_PAGE_UNKNOWN = 186
"""The portal's number for an address that it does not have."""
_SEPARATORS = re.compile(r"[\s\-().（）·]+")
_TELEPHONE = re.compile(r"\+?[0-9]{7,15}")
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_FULL_WIDTH[0xFF0B] = "+"


class HelpForm(NamedTuple):
    """What the candidate filled in. ``callback`` is None if no call can be taken."""

    reason: str
    words: str
    callback: Optional[str]

    def content(self, codes: Sequence[str]) -> str:
        """Encode the request with diagnostic codes as the ASCII text that the device signs.

        Raises:
            HelpReasonMissing: no reason was chosen.
            HelpCallbackInvalid: the callback number is no telephone number.
            HelpWordsMissing: there are no words, and no call or no listed reason explains the request.
        """
        if self.reason not in REASONS:
            raise HelpReasonMissing
        words, callback = _printable(self.words).strip()[:MAX_WORDS], self.callback
        if callback is not None:
            callback = _SEPARATORS.sub("", callback.translate(_FULL_WIDTH))
            if not _TELEPHONE.fullmatch(callback) or len(set(callback)) == 1:
                raise HelpCallbackInvalid
        if not words and (callback is None or self.reason == "other"):
            raise HelpWordsMissing
        return json.dumps({"reason": self.reason, "words": words, "callback": callback, "codes": list(codes)})


class HelpState(NamedTuple):
    """The seat's request. ``answer`` is None while there is none; ``is_kept``: one waits for the network."""

    answer: Optional[HelpAnswer]
    is_kept: bool


class HelpRequests:
    """The help requests of one login. Calls wait for the network: make them in a thread."""

    def __init__(
        self,
        computer: Computer,
        portal_for: PortalFor,
        acceptance: Acceptance,
        now: Callable[[], datetime],
        progress: PictureProgress,
    ) -> None:
        self._portal_for, self._acceptance = portal_for, acceptance
        self._pictures = HelpPictures(computer, portal_for, acceptance, now, progress)
        self._kept = KeptHelp(computer, acceptance.charter.exam, acceptance.seat.jti)

    def submit(self, form: HelpForm, codes: Sequence[str]) -> HelpState:
        """Send a request, or keep it until the portal can be reached.

        Raises:
            HelpReasonMissing, HelpCallbackInvalid, HelpWordsMissing: see :meth:`HelpForm.content`.
            HelpNotOffered: the portal has no service desk for the client.
            HelpNotKept: it could be neither sent nor kept.
            PortalRefused: the portal refuses the request.
        """
        content = form.content(codes)
        if self._acceptance.seat.activation is None:  # nothing to sign with before the portal confirms
            return self._keep(content)
        try:
            return HelpState(self._ask("submit", content), is_kept=False)
        except (PortalUnreachable, PortalAnswerUnusable):
            return self._keep(content)
        except PortalRefused as refusal:
            if refusal.is_final:
                raise
            return self._keep(content)

    def look(self) -> HelpState:
        """Send the request that is kept, if any, or fetch the newest one; then send pictures that wait.

        Raises:
            HelpNotOffered, PortalRefused: see :meth:`submit`; a kept request that is refused is dropped.
            PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.portal`.
        """
        return self._send_pictures(self._send_kept() or HelpState(self._ask("read"), is_kept=False))

    def send_kept(self) -> None:
        """Send the request and the pictures that are kept, if any.

        Raises:
            HelpNotOffered, PortalRefused, PortalUnreachable, PortalAnswerUnusable: see :meth:`look`.
        """
        if self.is_kept or self.pictures.waiting:
            self.look()

    def withdraw(self) -> HelpState:
        """Withdraw the request. What is kept of it is deleted, and never sent.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see :mod:`oneseat.client.online.portal`.
            StorageFailed: the kept request cannot be deleted.
        """
        if self._kept.read() is not None:
            self._kept.drop()
            self._pictures.forget()
            return HelpState(None, is_kept=False)
        withdrawn = HelpState(self._ask("withdraw"), is_kept=False)
        self._pictures.forget()
        return withdrawn

    def keep_picture(self, path: Path, number: str) -> None:
        """Keep a picture for :meth:`look` to send; ``number`` is the request's, empty if that is kept.

        Raises:
            PicturesInAnswerTime, PictureUnusable, PictureNotKept: see :meth:`HelpPictures.keep`.
        """
        self._pictures.keep(path, number)

    def remove_picture(self, picture_id: int) -> HelpState:
        """Take a picture away that the portal has.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused: see :mod:`oneseat.client.online.portal`.
        """
        self._pictures.remove(picture_id)
        return HelpState(self._ask("read"), is_kept=False)

    def drop_picture(self, slot: int) -> None:
        """Delete a picture that waits.

        Raises:
            StorageFailed: it cannot be deleted.
        """
        self._pictures.drop(slot)

    def dismiss(self, refusal: OneSeatError) -> None:
        """Show a picture's refusal no longer."""
        self._pictures.dismiss(refusal)

    @property
    def pictures(self) -> PicturesHere:
        """The pictures that the portal does not have."""
        return self._pictures.here

    @property
    def is_kept(self) -> bool:
        """Whether a request waits for the network."""
        return self._kept.read() is not None

    def _send_kept(self) -> Optional[HelpState]:
        content = self._kept.read()
        if content is None:
            return None
        if self._acceptance.seat.activation is None:
            return HelpState(None, is_kept=True)
        try:
            answer = self._ask("submit", content)
        except OneSeatError as refusal:
            if isinstance(refusal, HelpNotOffered) or _is_final(refusal):
                self._kept.drop()
                self._pictures.forget()
            raise
        self._kept.drop()
        return HelpState(answer, is_kept=False)

    def _send_pictures(self, state: HelpState) -> HelpState:
        if state.is_kept:
            return state
        if state.answer is None or not state.answer.is_open:
            self._pictures.forget()
            return state
        return state._replace(answer=self._pictures.send(state.answer))

    def _keep(self, content: str) -> HelpState:
        try:
            self._kept.store(content)
        except StorageFailed:
            raise HelpNotKept from None
        return HelpState(None, is_kept=True)

    def _ask(self, act: str, content: str = "") -> Optional[HelpAnswer]:
        """Ask the portal; None if the seat has no request, or is not confirmed yet."""
        seat = self._acceptance.seat
        if seat.activation is None:
            return None
        try:
            return self._portal_for(self._acceptance.charter).help(seat.activation, act, content, seat.device)
        except PortalRefused as refusal:
            if refusal.portal_number == _REQUEST_UNKNOWN:
                return None
            if refusal.portal_number == _PAGE_UNKNOWN:
                raise HelpNotOffered from None
            raise


def _is_final(refusal: OneSeatError) -> bool:
    return isinstance(refusal, PortalRefused) and refusal.is_final


def _printable(words: str) -> str:
    """The words without what JSON's readers refuse: null characters and halves of surrogate pairs."""
    whole = words.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(letter for letter in whole if not "\ud800" <= letter <= "\udfff")
