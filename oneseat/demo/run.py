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
from pathlib import Path

import httpx

from oneseat.client.errors import IdentityNotHere
from oneseat.demo.candidate import Download, download
from oneseat.demo.computer import CandidateComputer, ProgramResult
from oneseat.demo.errors import PortalSilent, PromiseBroken
from oneseat.pipeline import roster
from oneseat.pipeline.base.current_base import CodeSigning
from oneseat.pipeline.checkout import layout
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.keys import rings
from oneseat.pipeline.project import Project
from oneseat.pipeline.release import Callbacks, ReleaseResult, release
from oneseat.state.candidates import login_budget, seat_lookup
from signing.authority.keys import write_private
from signing.clock import Clock
from signing.refusals import IdentityMismatch
from signing.text import Lines, Text

CANDIDATES = 200
_SEED = 2035
_PORTAL_STARTS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Outcome:
    """One successful step of the demonstration: its exit status and duration."""

    step: str
    status: int
    seconds: float


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

    @property
    def passphrase_file(self) -> Path:
        """The file with the demonstration's passphrase. A real exam's passphrase must not be stored there."""
        return self.folder / "passphrase"

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
                self._wait_for_portal(url, process)
                yield url
            finally:
                process.terminate()
                process.wait(timeout=30)

    def _portal_command(self) -> list[str]:
        build = layout.PROJECT / "build.py"
        port = httpx.URL(self.project.exam.portal_url).port or 80
        shared = [
            "--exam",
            self.exam_file,
            "--workspace",
            self.root,
            "--passphrase-file",
            self.passphrase_file,
        ]
        rehearsal = ["--port", port, "--rehearse-at", self.rehearsed_at.isoformat()]
        return [str(part) for part in (sys.executable, build, "portal", "serve", *shared, *rehearsal)]

    def _wait_for_portal(self, url: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PORTAL_STARTS_WITHIN_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                httpx.get(f"{url}/healthz", trust_env=False, timeout=2).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise PortalSilent(
            reason=Text(f"exit status {process.poll()}", f"退出码 {process.poll()}"), log=self.portal_log
        )

    def _expect(self, step: Text, wanted: int, act: Callable[[], ProgramResult]) -> None:
        self.on_step(step.en)
        started = time.monotonic()
        result = act()
        if result.status != wanted:
            raise PromiseBroken(
                step=step, wanted=wanted, found=result.status, said=Lines(result.output[-1500:])
            )
        self.outcomes.append(Outcome(step.en, result.status, time.monotonic() - started))

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
