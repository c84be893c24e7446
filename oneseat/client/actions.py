"""What a run of the program can do: verify the launch, check the computer, ask the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List, Optional, Tuple

from oneseat.client.errors import ClockDoubtful, SeatWithdrawn
from oneseat.client.health.check import Check
from oneseat.client.health.checklist import checks
from oneseat.client.health.examination import examine_all
from oneseat.client.health.line import Line
from oneseat.client.identity import Identity, from_answers, read_answers
from oneseat.client.launch import Acceptance, Situation, fitting
from oneseat.client.local.portal_cache import Notebook
from oneseat.client.local.vault import Vault
from oneseat.client.online.portal import Portal
from oneseat.client.online.portal_sync import Contact, Contacts, PortalFor
from oneseat.client.platform.windows.installed_probes import ProbesFor, installed_probes
from oneseat.client.run import Run
from oneseat.client.sessions.handover import Opener
from oneseat.client.sessions.session_windows import Admission, admission, check_fit, installed_opener
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import LicenceExpired, LicenceNotYetValid


class Actions:
    """The actions of one run; portal, probes and session opener can be replaced by a test."""

    def __init__(
        self,
        run: Run,
        portal_for: PortalFor = Portal,
        *,
        probes_for: ProbesFor = installed_probes,
        opener_for: Callable[[], Opener] = installed_opener,
    ) -> None:
        self.program, self.computer, self.clock = run.program, run.computer, run.clock
        self.time = run.time
        self.charter = run.charter
        self.portal_for = portal_for
        self._answers = run.answers
        self._probes_for = probes_for
        self.opener_for = opener_for

    def identity(self, answers_file: Optional[Path]) -> Identity:
        """The identity from the answers file when one is given, and from the environment otherwise.

        Raises:
            AnswersUnreadable, AnswersMalformed, IdentityIncomplete: as their names say.
        """
        return from_answers(read_answers(answers_file) if answers_file else self._answers)

    def health_checks(self, charter: Charter, *, bandwidth: bool = True) -> Tuple[Check, ...]:
        """The checks of this computer that a charter asks for.

        Raises:
            InstallationBroken: this is no Windows.
        """
        line = Line(lambda: self.portal_for(charter), self.clock)
        return checks(charter, self._probes_for(line), bandwidth=bandwidth)

    def accept(self, identity: Identity) -> Acceptance:
        """The launch verification, offline.

        Raises:
            OneSeatError: the refusal.
        """
        acceptance = self._fitting(identity)
        Notebook(self.computer, acceptance.charter.exam).check_not_withdrawn(acceptance.seat.jti)
        return acceptance

    def accept_or_ask(self, identity: Identity) -> Acceptance:
        """The launch verification, which asks the portal where it alone can help: a withdrawn seat, the time.

        Raises:
            ClockDoubtful: by this computer's clock the licence is not valid, and the portal does not answer.
            OneSeatError: the refusal.
        """
        try:
            return self._accept_or_contact(identity)
        except (LicenceExpired, LicenceNotYetValid):
            if self.time.is_learnt:
                raise
            self._ask_the_time()
            return self._accept_or_contact(identity)

    def _accept_or_contact(self, identity: Identity) -> Acceptance:
        try:
            return self.accept(identity)
        except SeatWithdrawn:
            self.contact(identity)
            return self.accept(identity)

    def _ask_the_time(self) -> None:
        try:
            self.learn_time(self.charter())
        except OneSeatError as fault:
            now = f"{self.clock.now().astimezone():%Y-%m-%d %H:%M}"
            raise ClockDoubtful(now=now, why=fault.code) from None

    def learn_time(self, charter: Charter) -> None:
        """Go by the portal's signed time from now on.

        Raises:
            PortalUnreachable, PortalAnswerUnusable, PortalRefused, PortalInsecure: as their names say.
        """
        self.time.learn(self.portal_for(charter).signed_time)

    def check_in(self, acceptance: Acceptance) -> Optional[Charter]:
        """Tell the portal that this computer is there, go by its time, and get its charter if it is newer.

        Raises:
            PortalRefused: the seat is this computer's no more, or the portal refuses for now.
            PortalUnreachable, PortalAnswerUnusable, PortalInsecure: as their names say.
        """
        contacts = Contacts(self.computer, self.program.baked.root_public_key, self.portal_for)
        newer: List[Charter] = []

        def ask() -> int:
            now, charter = contacts.check_in(acceptance.charter, acceptance.seat, self.program.baked.build_id)
            newer.extend([charter] if charter is not None else [])
            return now

        self.time.learn(ask)
        return newer[0] if newer else None

    def check_fit(self, charter: Charter) -> None:
        """Look once more, at a door, for what the notice forbids; the rest was for the candidate to see.

        Raises:
            DoorForbidden: something forbidden is there now; it says what.
        """
        looked_for = [check for check in self.health_checks(charter, bandwidth=False) if check.forbids]
        check_fit(examine_all(looked_for))

    def enter(self, acceptance: Acceptance, kind: str) -> Admission:
        """Ask for the way into the session of a kind that is open now.

        Raises:
            OneSeatError: what :func:`oneseat.client.sessions.session_windows.admission` raises.
        """
        return admission(self.portal_for(acceptance.charter), acceptance, kind, self.time)

    def contact(self, identity: Identity) -> Contact:
        """Ask the portal about the seat of whoever typed ``identity``; a withdrawn seat may come back.

        Raises:
            OneSeatError: the identity has no valid seat here, or the answer cannot be noted.
        """
        acceptance = self._fitting(identity)
        contacts = Contacts(self.computer, self.program.baked.root_public_key, self.portal_for)
        return contacts.refresh(acceptance.charter, acceptance.seat, identity)

    def _fitting(self, identity: Identity) -> Acceptance:
        charter = self.charter()
        situation = Situation(charter, self.program.baked.build_id, self.time.now(), self.computer.traits())
        vault, notebook = Vault(self.computer, charter.exam), Notebook(self.computer, charter.exam)
        return fitting(vault, notebook, identity, situation)
