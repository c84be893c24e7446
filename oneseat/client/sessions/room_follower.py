"""Follows attempts in this project's exam room, by looks in a thread, and finishes their uploads.

The room's word counts, not a process: a browser may hand over to another one, and no handle may come back. An
attempt is followed by its ticket until the room gives an upload grant, which is kept on this computer; from
then on by the grant, without a login, after the ticket's end and after a restart.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Protocol, Set, Tuple

from oneseat.client.computer.device import Device
from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import ExamRoomUnopened, PortalRefused, StorageFailed
from oneseat.client.guard.guard import REFUSED, Guard
from oneseat.client.guard.sight import SightProbe
from oneseat.client.health.probes import Browser
from oneseat.client.local.kept_uploads import KeptUpload, KeptUploads, seats_with_uploads
from oneseat.client.local.room_profile import RoomProfile, finished_profiles
from oneseat.client.local.vault import Vault
from oneseat.client.online.room import (
    GRANT_ENDED,
    UPLOAD_PATH,
    LookAnswer,
    LookRequest,
    Room,
    upload_fields,
)
from oneseat.client.online.server_time import ServerTime
from oneseat.client.sessions import browser as browsers
from oneseat.client.sessions import room_state as state
from oneseat.client.sessions.handover import Opener
from oneseat.client.sessions.room_state import RoomView, Uplink
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.text import Text

_TICKET_OVER = 2004
"""The room's number for a ticket whose session has ended."""


class Surroundings(Protocol):
    """What the follower uses of a run; :class:`oneseat.client.actions.Actions` has all of it."""

    @property
    def computer(self) -> Computer:
        """The operating system."""
        ...

    @property
    def time(self) -> ServerTime:
        """The portal's time."""
        ...

    @property
    def opener_for(self) -> Callable[[], Opener]:
        """Creates the opener of this operating system."""
        ...

    def room(self, charter: Charter) -> Room:
        """The exam room's client."""
        ...

    def browser(self) -> Optional[Browser]:
        """The browser that opens the room, if one is suitable."""
        ...

    def sight(self) -> SightProbe:
        """The probe by which the guard looks at the computer."""
        ...


@dataclass
class _Entered:
    """An attempt that was entered in this run, and that is followed by its ticket."""

    jti: str
    device: Device
    ticket: str
    opened_at: float
    has_come: bool = False
    is_over: bool = False
    answer: Optional[LookAnswer] = None
    fault: str = ""
    grant: str = ""


@dataclass
class _Upload:
    """What is known in this run of an attempt that is followed by its grant."""

    jti: str
    kept: KeptUpload
    answer: Optional[LookAnswer] = None
    fault: str = ""
    started_at: Optional[float] = None
    away_looks: int = 0
    uplink: Uplink = field(default_factory=Uplink)
    is_lost: bool = False


class RoomFollower:
    """The attempts of one run. :meth:`look` runs in a thread, once at a time; the rest in the window's."""

    def __init__(
        self,
        surroundings: Surroundings,
        charter_for: Callable[[], Charter],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._charter_for, self._clock = surroundings, charter_for, clock
        self.guard = Guard(surroundings, charter_for)
        self._entered: Dict[Tuple[str, str], _Entered] = {}
        self._uploads: Dict[str, _Upload] = {}
        self._sequence = 0
        self._lock = threading.Lock()
        self._unwindowed: Set[str] = set()

    @property
    def is_own(self) -> bool:
        """Whether the exam's room is this project's own; another one is not followed."""
        room = self._charter.exam_room
        return room is not None and room.is_own

    @property
    def is_uploading(self) -> bool:
        """Whether an upload of a seat of this account waits, and the room still takes it.

        A grant whose time seems over is kept all the same: this computer's clock may be wrong.
        """
        now = self._run.time.now()
        return self.is_own and any(
            kept.until > now
            for jti in seats_with_uploads(self._run.computer, self._charter.exam)
            for kept in self._store(jti).read()
        )

    @property
    def is_busy(self) -> bool:
        """Whether there is anything to look for."""
        return self.is_own and (
            any(not entered.is_over for entered in self._entered.values())
            or bool(seats_with_uploads(self._run.computer, self._charter.exam))
            or bool(finished_profiles(self._run.computer))
        )

    @property
    def _charter(self) -> Charter:
        """The newest charter on this computer: a login may have fetched one."""
        return self._charter_for()

    # ------------------------------------------------------------------------------- the window's thread

    def open(self, kind: str, jti: str, device: Device, ticket: str, url: str) -> None:
        """Open an address in the room's browser, and follow the attempt of this ticket.

        A computer without a suitable browser opens it in its default one: nobody is kept out by that.

        Raises:
            ProfileFolderNotOurs: the browser's folder is a link, or cannot be made.
            OSError: no browser could be started.
        """
        opener, browser = self._run.opener_for(), self._run.browser()
        if browser is None:
            opener.browse(url)
        else:
            profile = RoomProfile(self._run.computer, jti)
            profile.mark_finished(on=False)
            if self._may_be_unwindowed(jti):  # such a browser would take this one's address
                opener.end_browser(profile.folder)
            self._unwindowed.discard(jti)
            opener.start_browser(browsers.window_command(browser, url, profile.make()), minimised=False)
        self._entered[(jti, kind)] = _Entered(jti, device, ticket, self._clock())

    def hold_profile(self, jti: str) -> bool:
        """Take a seat's profile for a browser without a window; False while it is in use.

        An entry ends that browser and takes the profile away.
        """
        if self.is_busy or jti in self._unwindowed:
            return False
        self._unwindowed.add(jti)
        return True

    def holds_profile(self, jti: str) -> bool:
        """Whether a profile that was taken still is."""
        return jti in self._unwindowed

    def release_profile(self, jti: str) -> None:
        """Give a seat's profile back."""
        self._unwindowed.discard(jti)

    def _may_be_unwindowed(self, jti: str) -> bool:
        """Whether a browser without a window may use the profile: started in this run, or in one before."""
        is_first = not any(seat == jti for seat, _ in self._entered)
        return jti in self._unwindowed or (is_first and bool(self._store(jti).read()))

    def view(self, jti: str, kind: str) -> Optional[RoomView]:
        """What is known of a seat's newest attempt of a kind; None if there is none to follow."""
        entered = self._entered.get((jti, kind))
        if entered is not None and not entered.has_come:
            return RoomView(state.WAITING, entered.answer, fault=entered.fault)
        if entered is not None and not entered.grant:
            if entered.is_over:
                return None  # without a consent nothing was recorded, so nothing is to be uploaded
            return _view(entered.answer, entered.fault)
        grant = entered.grant if entered is not None else ""
        mine = [one for one in self._uploads.values() if (one.jti, one.kept.kind) == (jti, kind)]
        upload = next((one for one in mine if one.kept.grant == grant), mine[-1] if mine else None)
        if upload is None:
            return None
        if upload.is_lost:
            return RoomView(state.LOST)
        return _view(upload.answer, upload.fault, upload.uplink)

    @property
    def is_page_unseen(self) -> bool:
        """Whether a running interview's page is gone or cannot be told anything: the network is away."""
        known = [(one.answer, one.fault) for one in self._entered.values()]
        known += [(one.answer, one.fault) for one in self._uploads.values()]
        return any(
            bool(fault) or state.is_away(answer)
            for answer, fault in known
            if answer is not None and answer.guard is not None and answer.guard.watch
        )

    @property
    def is_calm(self) -> bool:
        """Whether all goes well in a running interview: the guard watches, and the room hears the page.

        Then nothing is waited for, and the room need not be asked as often.
        """
        return (
            self.guard.is_on
            and not self.guard.has_news
            and not self.is_page_unseen
            and all(one.has_come for one in self._entered.values())
        )

    # ---------------------------------------------------------------------------------- the looks' thread

    def look(self) -> None:
        """Ask the room about every attempt, keep grants, finish uploads, delete what is finished."""
        with self._lock:
            for key, entered in list(self._entered.items()):
                if not entered.grant and not entered.is_over:
                    self._look_by_ticket(key[1], entered)
            for upload in self._kept():
                self._look_by_grant(upload)
            self._remove_profiles()

    def _kept(self) -> List[_Upload]:
        """The uploads on this computer, with what this run knows of them."""
        for jti in seats_with_uploads(self._run.computer, self._charter.exam):
            for kept in self._store(jti).read():
                upload = self._uploads.setdefault(kept.grant, _Upload(jti, kept))
                upload.kept = kept
        return [one for one in self._uploads.values() if not one.is_lost and not _is_done(one)]

    def _look_by_ticket(self, kind: str, entered: _Entered) -> None:
        try:
            answer = self._ask("ticket", entered.ticket, entered.jti, entered.device, entered.answer)
        except OneSeatError as refusal:
            entered.fault = refusal.code
            entered.is_over = isinstance(refusal, PortalRefused) and refusal.portal_number == _TICKET_OVER
            return
        entered.answer, entered.fault = answer, ""
        # Until its own window has come, the room may speak of an attempt before this one.
        entered.has_come = entered.has_come or state.has_come(answer, self._clock() - entered.opened_at)
        if entered.has_come and answer.upload is not None:
            kept = KeptUpload(kind, answer.upload.grant, answer.upload.until)
            self._uploads.setdefault(kept.grant, _Upload(entered.jti, kept, answer))
            entered.grant = kept.grant
            with contextlib.suppress(StorageFailed):  # then it lasts as long as this program
                self._store(entered.jti).keep(kept)

    def _look_by_grant(self, upload: _Upload) -> None:
        try:
            device = Vault(self._run.computer, self._charter.exam).device(upload.jti)
            if device is None:
                return
            answer = self._ask("grant", upload.kept.grant, upload.jti, device, upload.answer)
        except OneSeatError as refusal:
            upload.fault = refusal.code
            if isinstance(refusal, PortalRefused) and refusal.portal_number in GRANT_ENDED:
                upload.is_lost = True
                self._drop(upload)
            return
        upload.answer, upload.fault = answer, ""
        upload.uplink.note(self._clock(), answer.left_bytes)
        upload.away_looks = upload.away_looks + 1 if state.is_away(answer) else 0
        if answer.is_complete:
            self._drop(upload)
            if not self._store(upload.jti).read():
                RoomProfile(self._run.computer, upload.jti).mark_finished(on=True)
        elif state.wants_upload(answer, upload.away_looks, self._ago(upload.started_at)):
            self._start_upload(upload, device)

    def _start_upload(self, upload: _Upload, device: Device) -> None:
        """Open the upload page without a window, in the profile that holds the recordings."""
        browser, profile = self._run.browser(), RoomProfile(self._run.computer, upload.jti)
        if browser is None or not profile.exists():
            return  # recorded in another browser, whose owner must finish it
        from oneseat.client.sessions.one_time_page import OneTimePage  # imported late, as in handover

        grant, room, now = upload.kept.grant, self._run.room(self._charter), self._run.time.now
        upload.started_at = self._clock()
        opener = self._run.opener_for()
        page = OneTimePage(
            room.origin + UPLOAD_PATH,
            lambda: upload_fields(grant, room.origin, device, int(now().timestamp())),
            lambda text: text.zh,
            lifetime_s=state.RESTART_AFTER_S,
        )
        try:
            opener.end_browser(profile.folder)  # a browser whose page is gone would take the address
            command = browsers.upload_command(browser, page.url, profile.make())
            opener.start_browser(command, minimised=not browsers.is_windowless(browser))
        except (OSError, OneSeatError) as fault:
            page.close()
            reason = system_reason(fault) if isinstance(fault, OSError) else Text(fault.code, fault.code)
            upload.fault = ExamRoomUnopened(reason=reason).code
            return
        self._unwindowed.add(upload.jti)

    def _remove_profiles(self) -> None:
        """Delete the profiles that hold nothing any more, once their browser has ended."""
        for jti in finished_profiles(self._run.computer):
            profile = RoomProfile(self._run.computer, jti)
            if jti in self._unwindowed and self._run.opener_for().end_browser(profile.folder):
                self._unwindowed.discard(jti)
            profile.remove()

    def _ask(
        self, name: str, credential: str, jti: str, device: Device, last: Optional[LookAnswer]
    ) -> LookAnswer:
        """Ask the room, with what the guard has for the attempt of the last answer."""
        now = self._run.time.now().timestamp()
        # Milliseconds grow over restarts; the room refuses a signature that it has seen.
        self._sequence = max(self._sequence + 1, int(now * 1000))
        attempt = last.guard.attempt if last is not None and last.guard is not None else None
        request = LookRequest(name, credential, self._sequence, int(now), self.guard.body(attempt))
        try:
            answer = self._run.room(self._charter).look(request, device)
        except PortalRefused as refusal:
            if refusal.portal_number in REFUSED:
                self.guard.refused(attempt)
            raise
        self.guard.heard(jti, device, answer)
        return answer

    def _drop(self, upload: _Upload) -> None:
        with contextlib.suppress(StorageFailed):  # the next start asks again, and drops it then
            self._store(upload.jti).drop(upload.kept.grant)

    def _store(self, jti: str) -> KeptUploads:
        return KeptUploads(self._run.computer, self._charter.exam, jti)

    def _ago(self, moment: Optional[float]) -> Optional[float]:
        return None if moment is None else self._clock() - moment


def _is_done(upload: _Upload) -> bool:
    return upload.answer is not None and upload.answer.is_complete


def _view(answer: Optional[LookAnswer], fault: str, uplink: Optional[Uplink] = None) -> RoomView:
    if answer is None:
        return RoomView(state.UPLOADING, fault=fault)
    minutes = uplink.minutes_left if uplink is not None else None
    return RoomView(state.stage_of(answer), answer, state.megabytes(answer.left_bytes), minutes, fault)
