"""Base and licences become what candidates see: ``publish``.

The base goes into the store first, under the name of its own hash, where it disturbs
nobody; then one transaction shows it together with every seat's newest licence. A run
that is killed in between has published nothing, and the next run starts from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from pipeline.charter import in_force
from pipeline.errors import BuildNotAccepted, IssueUnfinished, NothingIssued, OfOtherExam, SeatsLeftOut
from pipeline.exam import Exam
from pipeline.issue import THE_BASE, lock_name
from signing.clock import Clock
from signing.manifest import Manifest
from signing.stamp import Stamper
from state import audit, issuing, journal, releases
from state.database import Database
from state.issuing import EditionRow
from state.releases import BaseFile, Flip, PublishedRelease
from store import Store, base_name


@dataclass(frozen=True)
class Published:
    """What candidates see now. ``changed`` is False when they saw exactly this already."""

    exam: str
    release: int
    published_at: datetime
    base_sha256: str
    object_name: str
    seats: int
    new: int
    replaced: int
    left_out: int
    changed: bool


@dataclass(frozen=True)
class Publisher:
    """Where an exam is published: its state, its store, and the root key that its charters answer to."""

    exam: Exam
    root_public_key: bytes
    database: Database
    store: Store
    clock: Clock

    def publish(self, base: Path, manifest: Manifest, *, leave_out: bool = False) -> Published:
        """Show candidates this base with the newest licences, all at once.

        Raises:
            OfOtherExam, BaseChanged: the base is not this exam's, or not its manifest's.
            NothingIssued: no licence was issued for it.
            IssueUnfinished: an interrupted ``issue`` has to be taken up first.
            SeatsLeftOut: seats lack a licence for it, and ``leave_out`` is not set.
            CharterUnsigned, BuildNotAccepted: no charter in force accepts its build.
            RunInProgress: another run issues or publishes this exam.
            StoreUnavailable, StoreFull, ObjectDiffers: the base cannot be stored.
        """
        if manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=manifest.exam, wanted=self.exam.id)
        with self.database.exclusive(lock_name(self.exam.id)):
            edition = self._edition(manifest)
            self._refuse_unaccepted(manifest.build)
            with self.database.reading() as connection:
                plan = self._plan(connection, edition, leave_out=leave_out)
                now_shown = releases.current(connection, self.exam.id)
            if now_shown and not _changes(plan, now_shown, edition, manifest) and self._holds(now_shown):
                return _told(now_shown, plan, changed=False)
            Stamper(manifest, base)
            file = self._stored(base, manifest)
            return _told(self._flip(edition, file, plan), plan, changed=True)

    def _edition(self, manifest: Manifest) -> EditionRow:
        exam = self.exam
        with self.database.reading() as connection:
            if journal.unfinished(connection, exam.id):
                raise IssueUnfinished(exam=exam.id)
            base = manifest.authenticode_sha256
            edition = issuing.find_edition(connection, exam.id, base, manifest.build, exam.ends)
        if edition is None:
            raise NothingIssued(exam=exam.id)
        return edition

    def _refuse_unaccepted(self, build: str) -> None:
        charter = in_force(self.database, self.root_public_key, self.exam.id)
        if build not in charter.builds:
            raise BuildNotAccepted(build=build[:12], version=charter.version)

    def _plan(self, connection: Connection, edition: EditionRow, *, leave_out: bool) -> Flip:
        plan = releases.plan(connection, self.exam.id, edition.id)
        if plan.seats == 0:
            raise NothingIssued(exam=self.exam.id)
        if plan.left_out and not leave_out:
            raise SeatsLeftOut(count=plan.left_out)
        return plan

    def _holds(self, shown: PublishedRelease) -> bool:
        return self.store.find(shown.object_name) is not None

    def _stored(self, base: Path, manifest: Manifest) -> BaseFile:
        name = base_name(manifest.base_sha256)
        self.store.sweep()
        self.store.put(name, base, manifest.base_sha256)
        return BaseFile(manifest.base_sha256, name, manifest.to_json().decode())

    def _flip(self, edition: EditionRow, file: BaseFile, plan: Flip) -> PublishedRelease:
        now = self.clock.now().replace(microsecond=0)
        with self.database.writing() as connection:
            release = releases.publish(connection, self.exam.id, edition.id, file, now)
            facts = {
                "release": release.id,
                "seats": release.seats,
                "new": plan.new,
                "replaced": plan.replaced,
            }
            audit.append(connection, now, "pipeline", "publish", self.exam.id, facts)
        return release


def _changes(plan: Flip, shown: PublishedRelease, edition: EditionRow, manifest: Manifest) -> bool:
    """Whether publishing would show candidates anything that they do not see already."""
    same_base = (shown.edition_id, shown.base_sha256) == (edition.id, manifest.base_sha256)
    return bool(plan.new or plan.replaced or plan.hidden) or not same_base


def _told(release: PublishedRelease, plan: Flip, *, changed: bool) -> Published:
    return Published(
        exam=release.exam,
        release=release.id,
        published_at=release.published_at,
        base_sha256=release.base_sha256,
        object_name=release.object_name,
        seats=release.seats,
        new=plan.new,
        replaced=plan.replaced,
        left_out=plan.left_out,
        changed=changed,
    )
