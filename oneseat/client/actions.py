"""Operations of one run: verify the launch, check the computer, synchronise with the portal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from oneseat.client.errors import PortalUnreachable, RoomSilent, SeatWithdrawn
from oneseat.client.guard.sight import SightProbe
from oneseat.client.health.browser import choose
from oneseat.client.health.check import Check, Finding
from oneseat.client.health.checklist import checks, watched
from oneseat.client.health.examination import examine_all
from oneseat.client.health.portal_probe import PortalProbe
from oneseat.client.health.probes import Browser, BrowserTrial
from oneseat.client.identity import Identity, from_answers, read_answers
from oneseat.client.launch import Acceptance, LaunchContext, find_accepted_seat
from oneseat.client.local.installer_findings import read_boot_finding
from oneseat.client.local.mock_progress import MockProgress, read_mock_progress
from oneseat.client.local.portal_cache import PortalCache
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.local.seat_times import SeatPauses, charter_of_seat, pauses_of_seat
from oneseat.client.local.vault import Vault, exam_folder
from oneseat.client.online.help_pictures import PictureProgress
from oneseat.client.online.help_requests import HelpRequests
from oneseat.client.online.portal import Portal
from oneseat.client.online.portal_sync import CheckInOutcome, PortalFor, PortalSync, SyncOutcome
from oneseat.client.online.room import Room, RoomOnline, signed_time
from oneseat.client.online.server_time import synchronise_or_doubt
from oneseat.client.platform.windows.probes import ProbesFor, installed_probes, installed_sight
from oneseat.client.run import Run
from oneseat.client.sessions.handover import Opener, room_of
from oneseat.client.sessions.held_computer import HeldComputer
from oneseat.client.sessions.held_session import HeldSession, held_session
from oneseat.client.sessions.room_follower import RoomFollower
from oneseat.client.sessions.session_watch import Observations, SessionWatch
from oneseat.client.sessions.session_windows import (
    Admission,
    admission,
    admission_by_room,
    check_fit,
    gates_have_fallen,
    installed_opener,
    is_formal_near,
)
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import LicenceExpired, LicenceNotYetValid


class Actions:
    """The operations of one run. Tests inject portal, probes and session opener."""

    def __init__(
        self,
        run: Run,
        portal_for: PortalFor = Portal,
        *,
        probes_for: ProbesFor = installed_probes,
        opener_for: Callable[[], Opener] = installed_opener,
        room_for: Callable[[str], Room] = RoomOnline,
        sight_for: Callable[[], SightProbe] = installed_sight,
        trial_for: Optional[Callable[[str], BrowserTrial]] = None,
    ) -> None:
        self.program, self.computer, self.clock = run.program, run.computer, run.clock
        self.time = run.time
        self.charter = run.charter
        self.portal_for = portal_for
        self._answers = run.answers
        self._probes_for = probes_for
        self.opener_for = opener_for
        self.room_for = room_for
        self.sight = sight_for
        self._trial_for = trial_for or self._browser_trial
        self._pictures: Dict[str, PictureProgress] = {}
        self.held = HeldComputer(opener_for)
        self.rooms = RoomFollower(self, run.charter)

    def identity(self, answers_file: Optional[Path]) -> Identity:
        """The identity from the answers file when one is given, and from the environment otherwise.

        Raises:
            AnswersUnreadable: the file cannot be read, or is no text.
            AnswersMalformed: a line is not ``key=value``, or a key occurs twice.
            IdentityIncomplete: the ID number or the admission number is missing.
        """
        return from_answers(read_answers(answers_file) if answers_file else self._answers)

    def health_checks(
        self, charter: Charter, *, bandwidth: bool = True, jti: Optional[str] = None
    ) -> Tuple[Check, ...]:
        """The checks of this computer that a charter asks for; with a seat its room's browser is tried.

        Raises:
            InstallationBroken: the system is not Windows.
        """
        portal_probe = PortalProbe(lambda: self.portal_for(charter), self.clock)
        folder = exam_folder(self.computer.shared_folder(), charter.exam)
        return checks(
            charter,
            self._probes_for(portal_probe),
            bandwidth=bandwidth,
            installer=read_boot_finding(folder, self.time.now()),
            is_near=lambda: is_formal_near(charter, self.time.now()),
            trial=self._trial_for(jti) if jti is not None else None,
        )

    def _browser_trial(self, jti: str) -> BrowserTrial:
        from oneseat.client.sessions.browser_trial import BrowserTrials  # imported late, as the one-time page

        return BrowserTrials(self.opener_for(), RoomProfile(self.computer, jti), jti, self.rooms)

    def accept(self, identity: Identity) -> Acceptance:
        """Verify the launch offline.

        Raises:
            OneSeatError: the refusal.
        """
        acceptance = self._verify_launch(identity)
        PortalCache(self.computer, acceptance.charter.exam).check_not_withdrawn(acceptance.seat.jti)
        charter, jti = acceptance.charter, acceptance.seat.jti
        return replace(
            acceptance, charter=self._charter_of(charter, jti), pauses=self._pauses_of(charter, jti)
        )

    def accept_or_ask(self, identity: Identity) -> Acceptance:
        """Verify the launch; ask the portal if the seat was withdrawn or the licence seems not to be valid.

        Raises:
            ClockDoubtful: the licence is not valid by this computer's clock, and the portal gives no time.
            OneSeatError: the refusal.
        """
        try:
            return self._accept_or_sync(identity)
        except (LicenceExpired, LicenceNotYetValid):
            if self.time.is_synchronised:
                raise
            self._synchronise_before_retry()
            return self._accept_or_sync(identity)

    def _accept_or_sync(self, identity: Identity) -> Acceptance:
        try:
            return self.accept(identity)
        except SeatWithdrawn:
            self.sync(identity)
            return self.accept(identity)

    def _synchronise_before_retry(self) -> None:
        charter = self.charter()
        asks = [self.portal_for(charter).signed_time]
        if _has_own_room(charter):
            asks.append(lambda: signed_time(self.room(charter), charter))
        synchronise_or_doubt(self.time, asks, charter)

    def _synchronise_with_room(self, charter: Charter) -> None:
        """Fetch the room's time where no signed time is known; without it, this computer's clock counts."""
        if _has_own_room(charter) and not self.time.is_synchronised:
            with suppress(OneSeatError):
                self.time.synchronise(lambda: signed_time(self.room(charter), charter))

    def _charter_of(self, charter: Charter, jti: str) -> Charter:
        """The charter with the formal session and the times of one seat."""
        return charter_of_seat(exam_folder(self.computer.own_folder(), charter.exam), charter, jti)

    def _pauses_of(self, charter: Charter, jti: str) -> SeatPauses:
        """The pauses of one seat by the orders on this computer; ``charter`` is the exam's own."""
        return pauses_of_seat(exam_folder(self.computer.own_folder(), charter.exam), charter, jti)

    def session(self, acceptance: Acceptance, kind: str, now: datetime) -> Optional[HeldSession]:
        """The session of a kind that runs or comes next, as room and orders have it; None if all are over."""
        view = self.rooms.view(acceptance.seat.jti, kind)
        answer = view.answer if view is not None else None
        return held_session(acceptance.charter, kind, now, acceptance.pauses, answer)

    def mock_progress(self, acceptance: Acceptance) -> Optional[MockProgress]:
        """How far the candidate came in the mocks, as the portal last said; None if it never did."""
        folder = exam_folder(self.computer.own_folder(), acceptance.charter.exam)
        return read_mock_progress(folder, acceptance.seat.jti)

    def check_in(self, acceptance: Acceptance, codes: Sequence[str] = ()) -> CheckInOutcome:
        """Report this computer and ``codes`` to the portal, synchronise the time, send a kept help request.

        Where the portal cannot be reached, the time is that of this project's room. The outcome has a charter
        where a newer one came, or the seat's own times have changed.

        Raises:
            PortalRefused: the seat no longer belongs to this computer, or the portal is overloaded.
            PortalInsecure: the portal's address is neither https nor this computer.
            PortalUnreachable, PortalAnswerUnusable: see :mod:`oneseat.client.online.portal`.
        """
        portal_sync = PortalSync(self.computer, self.program.baked.root_public_key, self.portal_for)
        outcomes: List[CheckInOutcome] = []

        def ask() -> int:
            outcomes.append(
                portal_sync.check_in(acceptance.charter, acceptance.seat, self.program.baked.build_id, codes)
            )
            return outcomes[-1].now

        try:
            self.time.synchronise(ask)
        except PortalUnreachable:
            self._synchronise_with_room(acceptance.charter)
            raise
        with suppress(OneSeatError):  # still kept; the help panel says why
            self.help_requests(acceptance).send_kept()
        return self._with_own_times(acceptance, outcomes[-1])

    def _with_own_times(self, acceptance: Acceptance, outcome: CheckInOutcome) -> CheckInOutcome:
        charter, jti = outcome.charter or self.charter(), acceptance.seat.jti
        own = self._charter_of(charter, jti)
        return outcome._replace(
            charter=own if own != acceptance.charter else None, pauses=self._pauses_of(charter, jti)
        )

    def help_requests(self, acceptance: Acceptance) -> HelpRequests:
        """Create what sends this seat's help requests."""
        progress = self._pictures.setdefault(acceptance.seat.jti, PictureProgress())
        return HelpRequests(self.computer, self.portal_for, acceptance, self.time.now, progress)

    def room(self, charter: Charter) -> Room:
        """Create the client of this project's exam room.

        Raises:
            ExamRoomUnnamed: the charter names no exam room.
            RoomInsecure: its address is neither https nor this computer.
        """
        return self.room_for(room_of(charter).api)

    def browser(self) -> Optional[Browser]:
        """Find the browser in which the exam room opens; None if none is suitable."""
        charter = self.charter()
        portal_probe = PortalProbe(lambda: self.portal_for(charter), self.clock)
        return choose(self._probes_for(portal_probe).browsers.browsers())

    def session_watch(self, charter: Charter) -> SessionWatch:
        """Create the checks that are repeated during a session.

        Raises:
            InstallationBroken: the system is not Windows.
        """
        portal_probe = PortalProbe(lambda: self.portal_for(charter), self.clock)
        return SessionWatch(watched(charter, self._probes_for(portal_probe)))

    def observations(self, charter: Charter) -> Observations:
        """Create the record of what sessions found on this computer, in this account's folder."""
        return Observations(exam_folder(self.computer.own_folder(), charter.exam))

    def check_fit(self, charter: Charter, kind: str) -> Tuple[Finding, ...]:
        """Repeat the checks that forbid entry, just before a session is entered; returns those that warn.

        Once the gates of a formal session have fallen, those that would forbid it are returned as well. The
        guard reports all of them.

        Raises:
            EntryForbidden: a check finds what the notice forbids.
        """
        forbidding = [check for check in self.health_checks(charter, bandwidth=False) if check.forbids]
        fallen = gates_have_fallen(charter, kind, self.time.now())
        found = check_fit(examine_all(forbidding), gates_have_fallen=fallen)
        self.rooms.guard.came_with([(finding.check, finding.status) for finding in found])
        return found

    def enter(self, acceptance: Acceptance, kind: str) -> Admission:
        """Request a ticket for the open session of a kind; of the room, where the portal cannot be reached.

        Raises:
            OneSeatError: see :func:`oneseat.client.sessions.session_windows.admission` and
                :func:`oneseat.client.sessions.session_windows.admission_by_room`.
        """
        charter = acceptance.charter
        try:
            return admission(self.portal_for(charter), acceptance, kind, self.time)
        except PortalUnreachable as away:
            if not _has_own_room(charter):
                raise
            self._synchronise_with_room(charter)
            try:
                return admission_by_room(self.room(charter), acceptance, kind, self.time)
            except RoomSilent:  # the network, and not the portal: say what is nearer
                raise away from None

    def sync(self, identity: Identity) -> SyncOutcome:
        """Synchronise the identity's seat with the portal; this can restore a withdrawn seat.

        Raises:
            OneSeatError: the identity has no valid seat here, or a withdrawal cannot be stored.
        """
        acceptance = self._verify_launch(identity)
        portal_sync = PortalSync(self.computer, self.program.baked.root_public_key, self.portal_for)
        return portal_sync.refresh(acceptance.charter, acceptance.seat, identity)

    def _verify_launch(self, identity: Identity) -> Acceptance:
        charter = self.charter()
        context = LaunchContext(charter, self.program.baked.build_id, self.time.now(), self.computer.traits())
        vault, cache = Vault(self.computer, charter.exam), PortalCache(self.computer, charter.exam)
        return find_accepted_seat(vault, cache, identity, context)


def _has_own_room(charter: Charter) -> bool:
    """Whether the exam is held in this project's room, which signs what it says to clients."""
    return charter.room is not None and charter.exam_room is not None and charter.exam_room.is_own
