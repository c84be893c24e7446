"""Runs the demonstration: release, portal, and an owner and a stranger on simulated computers."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx

from oneseat.client.errors import IdentityNotHere
from oneseat.demo import evidence, interview
from oneseat.demo.candidate import Download, download
from oneseat.demo.computer import CandidateComputer, ProgramResult
from oneseat.demo.errors import CandidatesUsedUp, PortalSilent, PromiseBroken, RecordingIncomplete
from oneseat.demo.evidence import HandedOver
from oneseat.demo.interview import HeldInterview, SeatFiles
from oneseat.pipeline import roster
from oneseat.pipeline.accounts.operators import Accounts
from oneseat.pipeline.accounts.service_tokens import Tokens
from oneseat.pipeline.base.current_base import CodeSigning
from oneseat.pipeline.checkout import layout
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.exam import charters
from oneseat.pipeline.keys import rings
from oneseat.pipeline.project import Project
from oneseat.pipeline.release import Callbacks, ReleaseResult, release
from oneseat.state.accounts.operators import Role
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import activations, login_budget, seat_lookup
from oneseat.store.folder import FolderStore
from signing.authority.keys import write_private
from signing.charter import Charter
from signing.clock import Clock, FixedClock
from signing.refusals import IdentityMismatch
from signing.text import Lines, Text

CANDIDATES = 200
_SEED = 2035
_PORTAL_STARTS_WITHIN_S = 30.0
_REPORTED_WITHIN_S = 15.0
WATCHER = "watcher"
"""The operator who may watch the mock interview: a lead of invigilators."""
PAPERS = layout.PROJECT / "exams" / "papers" / "demo"
"""The demonstration's papers, one for each session."""


@dataclass(frozen=True)
class Outcome:
    """One successful step of the demonstration: its exit status and duration."""

    step: str
    status: int
    seconds: float


def _since(started: float) -> float:
    """Seconds since a moment of the monotonic clock, to the millisecond."""
    return round(time.monotonic() - started, 3)


@dataclass
class Demonstration:
    """The demonstration in one workspace. Results of earlier runs are reused if their inputs are equal."""

    exam_file: Path
    root: Path
    clock: Clock
    on_step: OnLine
    on_line: OnLine
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project = Project(self.exam_file, self.root, self._passphrase, self.clock)
        self.folder = self.project.workspace.folder
        self.roster = self.folder / "roster.csv"
        self.portal_log = self.folder / "portal.log"
        self.room_log = self.folder / "room.log"
        self._portal_since = time.monotonic()

    @property
    def passphrase_file(self) -> Path:
        """The file with the demonstration's passphrase. A real exam's passphrase must not be stored there."""
        return self.folder / "passphrase"

    @property
    def watcher_file(self) -> Path:
        """The file with the password of :data:`WATCHER`, new in each run."""
        return self.folder / "watcher-password"

    @property
    def rehearsed_at(self) -> datetime:
        """The time at which the portal's clock starts: inside the download window."""
        return self.project.exam.download.opens + timedelta(hours=2)

    def prepare(self) -> ReleaseResult:
        """Create keys and roster, and release: charter, base, licences, publication."""
        self.on_step("keys, marked as for rehearsals")
        rings.init(self.project.workspace, self.project.passphrase, self.clock, rehearsal=True)
        roster.write_sample(self.roster, roster.sample(CANDIDATES, _SEED, self.project.exam))
        return release(
            self.project,
            self.roster,
            CodeSigning(),
            Callbacks(self.on_step, self.on_line),
            strict=True,
        )

    def prove(self, portal_url: str) -> Download:
        """Let one candidate download, install and be accepted; another's identity must be refused twice.

        Raises:
            PortalSilent, DownloadWrong: the download failed.
            PromiseBroken: a step's exit status is not the expected one.
        """
        exam = self.project.exam.id
        owner, stranger = self._people()
        self._reset_login_budget(owner)
        self.on_step("the owner logs in and downloads")
        installer = download(portal_url, exam, owner, self._installers(), self.portal_log)
        mismatch, not_here = IdentityMismatch.number, IdentityNotHere.number
        owner_computer = CandidateComputer.open(self.folder / "computers" / "owner")
        stranger_computer = CandidateComputer.open(self.folder / "computers" / "stranger")
        try:
            with (
                owner_computer.answers(**_identity(owner)) as right,
                owner_computer.answers(**_identity(stranger)) as wrong,
            ):
                self._expect(
                    Text("the owner installs", "本人安装"),
                    0,
                    lambda: owner_computer.install(installer.path, right),
                )
                self._expect(
                    Text("the owner starts the client", "本人启动考生端"),
                    0,
                    lambda: owner_computer.check(exam, right),
                )
                self._expect(
                    Text("a stranger starts that client", "他人启动该考生端"),
                    not_here,
                    lambda: owner_computer.check(exam, wrong),
                )
            with stranger_computer.answers(**_identity(stranger)) as wrong:
                self._expect(
                    Text("a stranger installs that file", "他人安装该安装包"),
                    mismatch,
                    lambda: stranger_computer.install(installer.path, wrong),
                )
        finally:
            owner_computer.end()
            stranger_computer.end()
        return installer

    @contextmanager
    def portal(self) -> Iterator[str]:
        """Run the portal in a process, with its clock inside the download window; yield its address."""
        url = self.project.exam.portal_url
        self.on_step(f"portal at {url}, its clock at {self.rehearsed_at:%Y-%m-%d %H:%M}")
        with self.portal_log.open("wb") as log:
            process = subprocess.Popen(
                self._portal_command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                self._portal_since = time.monotonic()
                self._wait_for_server(url, process, self.portal_log)
                yield url
            finally:
                process.terminate()
                process.wait(timeout=30)

    def hold_interview(self, portal_url: str) -> tuple[HeldInterview, HandedOver]:
        """Let another candidate go through the mock interview in the room; check and export what is kept.

        Raises:
            CandidatesUsedUp: everybody on the roster has been in it.
            RecordingIncomplete: a recording, the receipt or the portal's count is not as it should be, or the
                export does not verify or play.
        """
        person = self._newcomer()
        charter = self._charter_in_force()
        self.on_step("another candidate downloads, and activates a simulated device")
        self._reset_login_budget(person)
        file = download(portal_url, charter.exam, person, self._installers(), self.portal_log)
        started = time.monotonic()
        with self.room():
            self._invite_to_watch(portal_url)
            self.on_step("the mock interview, in windows of Chromium with fake cameras: computer and phone")
            jti = interview.hold_mock(charter, person, SeatFiles(file.path, file.phone), self.room_log)
            self.on_step("what is kept of it is checked")
            held = self._kept(charter, (jti, person.admission_number))
        step = "a candidate with a simulated device and phone goes through the mock interview"
        self.outcomes.append(Outcome(step, 0, _since(started)))
        return held, self._hand_over(jti)

    def _invite_to_watch(self, portal_url: str) -> None:
        """Give the lead's account a new password, and say where the mock can be watched while it runs."""
        accounts, password = Accounts(self.project), secrets.token_urlsafe(18)
        if WATCHER in {account.name for account in accounts.list_all()}:
            accounts.change(WATCHER, password, totp=None)
        else:
            accounts.add(WATCHER, Role.LEAD, password, totp=False)
        write_private(self.watcher_file, password.encode())
        address = f"{portal_url}/desk/{self.project.exam.id}/"
        self.on_step(f"to watch the mock: {address}, operator {WATCHER}, password in {self.watcher_file}")
        self.on_step(
            f"监看这场模拟面试：打开 {address}，操作员 {WATCHER}，登录后点“考场”，进入工作页，再点“监控墙”"
        )

    def _hand_over(self, jti: str) -> HandedOver:
        self.on_step("the interview's evidence is exported, verified and played")
        started = time.monotonic()
        clock = FixedClock(self.rehearsed_at + timedelta(seconds=started - self._portal_since))
        handed = evidence.hand_over(self.project, jti, self.folder / f"evidence-{jti[:8]}", clock)
        step = "the interview's evidence is exported, verified and played to its end"
        self.outcomes.append(Outcome(step, 0, _since(started)))
        return handed

    @contextmanager
    def room(self) -> Iterator[str]:
        """Run the exam room in a process, by the portal's clock; yield its address."""
        url = self._room_url
        self.on_step(f"exam room at {url}")
        tokens = Tokens(self.project)
        scopes = [
            Scope.ROOM_REPORT,
            Scope.ROOM_SEATS,
            Scope.ROOM_ORDERS,
            Scope.ROOM_INCIDENTS,
            Scope.IDENTITY_CHECK,
            Scope.HELP,
        ]
        token = tokens.make("demonstration", scopes, None)
        write_private(self.folder / "room.token", token.token.encode())
        with self.room_log.open("wb") as log:
            process = subprocess.Popen(self._room_command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                self._wait_for_server(url, process, self.room_log)
                yield url
            finally:
                process.terminate()
                process.wait(timeout=30)
                tokens.revoke(token.id)

    @property
    def _room_url(self) -> str:
        """The exam room's origin."""
        exam_room = self.project.exam.exam_room
        return "" if exam_room is None else exam_room.api

    def _kept(self, charter: Charter, seat: tuple[str, str]) -> HeldInterview:
        """Check what is kept; the room's report to the portal may come a moment later."""
        recordings = FolderStore(self.project.workspace.recordings)
        deadline = time.monotonic() + _REPORTED_WITHIN_S
        while True:
            try:
                return interview.check_kept(self.project.database, recordings, charter, seat)
            except RecordingIncomplete:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _charter_in_force(self) -> Charter:
        exam = self.project.exam.id
        root = self.project.authority.entry("root").public_key
        return charters.in_force(self.project.database, root, exam)

    def _newcomer(self) -> roster.Candidate:
        """The first candidate after owner and stranger whose seat no computer has."""
        rows = roster.read(self.roster, self.project.exam)
        people = islice((row for row in rows if isinstance(row, roster.Candidate)), 2, None)
        with self.project.database.reading() as connection:
            for person in people:
                seat = seat_lookup.seat_by_number(connection, self.project.exam.id, person.admission_number)
                if seat is not None and activations.find(connection, seat.jti) is None:
                    return person
        raise CandidatesUsedUp

    def _portal_command(self) -> list[str]:
        port = httpx.URL(self.project.exam.portal_url).port or 80
        return self._command("portal", port, self.rehearsed_at)

    def _room_command(self) -> list[str]:
        port = httpx.URL(self._room_url).port or 80
        now = self.rehearsed_at + timedelta(seconds=time.monotonic() - self._portal_since)
        files = ["--papers", str(PAPERS), "--token-file", str(self.folder / "room.token")]
        return [*self._command("room", port, now), *files]

    def _command(self, server: str, port: int, now: datetime) -> list[str]:
        """The command of one of the servers, with its clock at ``now``."""
        build = layout.PROJECT / "build.py"
        shared = [
            "--exam",
            self.exam_file,
            "--workspace",
            self.root,
            "--passphrase-file",
            self.passphrase_file,
        ]
        rehearsal = ["--port", port, "--rehearse-at", now.isoformat()]
        return [str(part) for part in (sys.executable, build, server, "serve", *shared, *rehearsal)]

    def _wait_for_server(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _PORTAL_STARTS_WITHIN_S
        # One client for all requests: each client reads the authorities' certificates.
        with httpx.Client(trust_env=False, timeout=2) as client:
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    client.get(f"{url}/healthz").raise_for_status()
                except httpx.HTTPError:
                    time.sleep(0.1)
                else:
                    return
        raise PortalSilent(reason=Text(f"exit status {process.poll()}", f"退出码 {process.poll()}"), log=log)

    def _expect(self, step: Text, wanted: int, act: Callable[[], ProgramResult]) -> None:
        self.on_step(step.en)
        started = time.monotonic()
        result = act()
        if result.status != wanted:
            raise PromiseBroken(
                step=step, wanted=wanted, found=result.status, said=Lines(result.output[-1500:])
            )
        self.outcomes.append(Outcome(step.en, result.status, _since(started)))

    def _reset_login_budget(self, owner: roster.Candidate) -> None:
        """Reset the owner's budgets, as support does: earlier runs spent attempts on them."""
        pepper, exam = self.project.portal_ring.secret("pepper"), self.project.exam.id
        with self.project.database.writing() as connection:
            seat = seat_lookup.seat_by_number(connection, exam, owner.admission_number)
            if seat is not None:
                login_budget.reset_seat(connection, pepper, exam, owner.admission_number, seat.jti)

    def _people(self) -> tuple[roster.Candidate, roster.Candidate]:
        rows = roster.read(self.roster, self.project.exam)
        first, second = (
            row for _, row in zip(range(2), rows, strict=False) if isinstance(row, roster.Candidate)
        )
        return first, second

    def _installers(self) -> Path:
        folder = self.project.workspace.installers
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _passphrase(self) -> bytes:
        """Read the demonstration's passphrase; the first run generates it."""
        if not self.passphrase_file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_private(self.passphrase_file, secrets.token_urlsafe(24).encode())
        return self.passphrase_file.read_bytes()


def _identity(person: roster.Candidate) -> dict[str, str]:
    return {"id_number": person.id_number, "admission_number": person.admission_number}
