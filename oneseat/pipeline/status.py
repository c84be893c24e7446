"""``status``: where an exam is, from its files and its state; reads only, and needs no passphrase.

What is not there yet is None. What is there and cannot be read or verified is reported with its refusal, so
that one damaged part does not hide the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from oneseat.pipeline import cleaning, signing_clock
from oneseat.pipeline.base import finished
from oneseat.pipeline.base.errors import BaseMissing
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.project import Project
from oneseat.state import figures, phone_figures
from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from oneseat.state.issuing import issue_reports
from oneseat.state.issuing.issue_reports import IssueRunFacts
from oneseat.state.phone_figures import PhoneTotals
from oneseat.state.publishing import published_batches, releases
from oneseat.state.publishing.releases import PublishedRelease
from signing.authority.errors import KeyMissing
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.jws import b64url_decode
from signing.text import Text, verbatim

T = TypeVar("T")


@dataclass(frozen=True)
class CharterStatus:
    """The charter in force, or the newest signed; ``newest_signed`` may wait to be published."""

    version: int
    in_force: bool
    newest_signed: int | None
    issued_at: datetime


@dataclass(frozen=True)
class BaseStatus:
    """The base that was built last. ``accepted``: the charter lists its build."""

    build: str
    base_sha256: str
    built_at: datetime
    development_certificate: bool
    rehearsal: bool
    accepted: bool


@dataclass(frozen=True)
class ReleaseStatus:
    """What candidates see. ``is_last_base``: it is of the base that was built last.

    ``phone_sha256`` is the SHA-256 of its phone app's base; None where it has none.
    """

    number: int
    published_at: datetime
    seats: int
    withdrawn: bool
    batch: int | None
    is_last_base: bool
    phone_sha256: str | None = None


@dataclass(frozen=True)
class Counts:
    """Numbers of seats; those from ``published`` on as candidates see them now."""

    seats: int
    published: int
    downloaded: int
    activated: int
    revoked: int
    reissues_asked: int


@dataclass(frozen=True)
class Window:
    """A span of the schedule that is open, or comes next."""

    name: Text
    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Status:
    """Where an exam is. ``clock_doubt`` says why nothing can be signed now, None if all is well.

    ``phones`` is None where no phone licence was ever issued.
    """

    exam: str
    title: Text
    now: datetime
    clock_doubt: OneSeatError | None
    charter: CharterStatus | None
    base: BaseStatus | None
    issue_run: IssueRunFacts | None
    release: ReleaseStatus | None
    counts: Counts | None
    phones: PhoneTotals | None
    open_now: list[Window]
    next: Window | None
    leftovers: int
    leftover_bytes: int
    refusals: list[OneSeatError]


class _Collector:
    """Collects the parts, and the refusals of those that cannot be read."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.refusals: list[OneSeatError] = []

    def read(self, function: Callable[[], T]) -> T | None:
        """Call a function; None if what it reads is absent or unreadable."""
        try:
            return function()
        except (StateAbsent, CharterUnsigned, BaseMissing, KeyMissing):
            return None
        except OneSeatError as refusal:
            if all(refusal.code != known.code for known in self.refusals):
                self.refusals.append(refusal)
            return None


def collect(project: Project) -> Status:
    """Read where an exam is.

    Raises:
        ExamUnreadable, ExamInvalid: the exam file cannot be used.
    """
    collector, exam, now = _Collector(project), project.exam, project.clock.now()
    newest = collector.read(lambda: _newest_signed(project))
    charter, status = collector.read(lambda: _charter(project, newest)) or (None, None)
    base = collector.read(lambda: finished.open_base(project.workspace.base))
    state = collector.read(lambda: project.state)
    shown = collector.read(lambda: _shown(state, exam.id)) if state else None
    windows = schedule(charter or exam)
    leftovers = collector.read(lambda: cleaning.find_leftovers(project)) or []
    return Status(
        exam=exam.id,
        title=exam.title.text(),
        now=now,
        clock_doubt=signing_clock.find_doubt(now, exam, state),
        charter=status,
        base=_base(base, charter) if base else None,
        issue_run=collector.read(lambda: _issue_run(state, exam.id)) if state else None,
        release=_release(shown, base) if shown else None,
        counts=collector.read(lambda: _counts(state, exam.id)) if state else None,
        phones=collector.read(lambda: _phones(state, exam.id)) if state else None,
        open_now=[window for window in windows if window.opens <= now < window.closes],
        next=min((w for w in windows if now < w.opens), key=lambda w: w.opens, default=None),
        leftovers=len(leftovers),
        leftover_bytes=sum(leftover.size_bytes for leftover in leftovers),
        refusals=collector.refusals,
    )


def schedule(of: Charter | Exam) -> list[Window]:
    """List the windows of a charter, or of an exam file."""
    mocks = of.mocks if isinstance(of, Charter) else of.mock.sessions
    formals = of.formals if isinstance(of, Charter) else of.formal.sessions
    return [
        Window(Text("download", "下载安装"), of.download.opens, of.download.closes),
        *(Window(Text("mock interview", "模拟面试"), mock.opens, mock.closes) for mock in mocks),
        *(Window(Text("formal interview", "正式面试"), one.login_opens, one.ends) for one in formals),
    ]


def _newest_signed(project: Project) -> Charter | None:
    """Verify the newest signed charter against the root key of the public index."""
    root = b64url_decode(project.root_key)
    newest = charters.newest_signed(project.workspace.charters, root, project.exam.id)
    return newest.charter if newest else None


def _charter(project: Project, newest: Charter | None) -> tuple[Charter, CharterStatus]:
    """Verify the charter in force; without one, it is the newest signed."""
    root, exam = b64url_decode(project.root_key), project.exam.id
    try:
        charter, in_force = charters.in_force(project.state, root, exam), True
    except (CharterUnsigned, StateAbsent):
        if newest is None:
            raise CharterUnsigned(exam=exam, version=verbatim(1)) from None
        charter, in_force = newest, False
    waiting = newest.version if newest else None
    return charter, CharterStatus(charter.version, in_force, waiting, charter.issued_at)


def _base(base: finished.Base, charter: Charter | None) -> BaseStatus:
    manifest = base.manifest
    built_at = datetime.fromtimestamp((base.folder / finished.MANIFEST).stat().st_mtime, UTC)
    return BaseStatus(
        build=manifest.build,
        base_sha256=manifest.base_sha256,
        built_at=built_at.replace(microsecond=0),
        development_certificate=manifest.development_certificate,
        rehearsal=manifest.rehearsal,
        accepted=charter is not None and manifest.build in charter.builds,
    )


def _issue_run(state: Database, exam: str) -> IssueRunFacts | None:
    with state.reading() as connection:
        return issue_reports.issue_run(connection, exam)


def _shown(state: Database, exam: str) -> tuple[PublishedRelease, int | None] | None:
    with state.reading() as connection:
        release, batch = releases.current(connection, exam), published_batches.newest(connection, exam)
    return (release, batch.batch if batch else None) if release else None


def _release(shown: tuple[PublishedRelease, int | None], base: finished.Base | None) -> ReleaseStatus:
    release, batch = shown
    is_last_base = base is not None and release.base_sha256 == base.manifest.base_sha256
    return ReleaseStatus(
        number=release.id,
        published_at=release.published_at,
        seats=release.seats,
        withdrawn=release.withdrawn,
        batch=batch,
        is_last_base=is_last_base,
        phone_sha256=release.phone.base_sha256 if release.phone else None,
    )


def _counts(state: Database, exam: str) -> Counts:
    with state.reading() as connection:
        totals, issued = figures.totals(connection, exam), seats.count(connection, exam)
    return Counts(issued, totals.seats, totals.downloaded, totals.activated, totals.revoked, totals.reissues)


def _phones(state: Database, exam: str) -> PhoneTotals | None:
    with state.reading() as connection:
        return phone_figures.totals(connection, exam)
