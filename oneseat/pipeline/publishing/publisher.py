"""``publish``: uploads base and objects to the store, then switches the release in one transaction.

The base goes into the store first, under its own hash, so that it replaces nothing. Then
one transaction shows it together with every seat's newest licence. A process that is
killed in between has published nothing, and the next one resumes from what is stored.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.exam.charters import in_force
from oneseat.pipeline.exam.errors import BuildNotAccepted
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing.issuer import THE_BASE, lock_name
from oneseat.pipeline.publishing.errors import IssueUnfinished, NothingIssued, SeatsLeftOut
from oneseat.pipeline.publishing.log import BatchLog, Staged
from oneseat.pipeline.publishing.store_sync import (
    Form,
    Kept,
    Missing,
    ObjectSet,
    Surplus,
    SyncOptions,
    SyncResult,
    sync_objects,
)
from oneseat.pipeline.publishing.withdraw import old_bases, remove_surplus
from oneseat.pipeline.signing_clock import SigningTime, signing_time
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs, licences
from oneseat.state.issuing.licences import EditionRow
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import BaseFile, PublicationPlan, PublishedRelease
from oneseat.store import Store, base_name
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.clock import Clock


@dataclass(frozen=True)
class Published:
    """The current release. ``changed`` is False when it was the current one before.

    ``published_batch`` is the number of the exam's newest published batch, None without a log.
    """

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
    placed: SyncResult | None = None
    pruned: int = 0
    published_batch: int | None = None


@dataclass(frozen=True)
class Preview:
    """What publishing would change in the release and in the store."""

    exam: str
    base: str
    seats: int
    new: int
    replaced: int
    left_out: int
    hidden: int
    changes: bool
    form: str
    put: int
    kept: int
    surplus: int


@dataclass(frozen=True)
class Publisher:
    """Publishes an exam: its state, its store, and the root key that verifies its charters."""

    exam: Exam
    root_public_key: bytes
    database: Database
    store: Store
    clock: Clock
    batches: BatchLog | None = None
    """The log of published batches; None publishes without one."""

    trust_clock: bool = False
    """Whether to sign although the clock is not plausible; see :mod:`oneseat.pipeline.signing_clock`."""

    def publish(
        self,
        base: Path,
        manifest: Manifest,
        *,
        leave_out: bool = False,
        sync: SyncOptions | None = None,
        prune: bool = False,
    ) -> Published:
        """Switch candidates to this base with the newest licences, in one transaction.

        The objects of each seat are uploaded first. With ``prune``, objects that the
        release does not need are removed afterwards.

        Raises:
            OfOtherExam: the base was built for another exam.
            BaseChanged: the base differs from its manifest.
            NothingIssued: no licence was issued for the base.
            IssueUnfinished: an interrupted ``issue`` has to be finished first.
            SeatsLeftOut: seats lack a licence for the base, and ``leave_out`` is not set.
            CharterUnsigned: no charter is in force.
            BuildNotAccepted: the charter in force does not list the base's build.
            KeyMissing: the key ring has no batch key, because it is older than batch manifests.
            BatchKeyUnlisted: the charter in force does not list the present batch key.
            BatchOfOtherState: the workspace holds a batch that was published from another state.
            ExamOver, ClockBehind: the clock is not plausible, and ``trust_clock`` is not set.
            RunInProgress: another process issues or publishes this exam.
            StoreUnavailable, StoreBusy, StoreFull, CredentialsRefused: the store did not take an object.
            ObjectDiffers, ObjectsMissing: a name in the store is taken by other content.
        """
        sync = sync or SyncOptions()
        self._refuse_other_exam(manifest)
        with self.database.exclusive(lock_name(self.exam.id)):
            situation = self._compare(manifest, leave_out=leave_out)
            objects = ObjectSet(
                self.exam.id, situation.edition.id, sync.form, base, manifest, situation.plan.seats
            )
            if situation.shown and not situation.changes and sync.form is Form.LICENCES and not prune:
                self._export()  # a killed process may have left folders unwritten
                result = _published(situation.shown, situation.plan, changed=False)
                return replace(result, published_batch=self._newest_batch())
            time = self._signing_time()
            stamper = Stamper(manifest, base)
            file = self._store_base(base, manifest)
            placed = None
            if sync.form is not Form.LICENCES:
                placed = sync_objects(objects, sync, self.database, self.store, stamper)
            release = situation.shown
            if release is None or situation.changes:
                staged = self._stage_batch(situation.edition, stamper, situation.shown, base.parent)
                release = self._flip(situation.edition, file, situation.plan, staged, time)
            self._export()
            pruned = (
                remove_surplus(objects, self.database, self.store, stamper, file.object_name) if prune else 0
            )
            result = _published(release, situation.plan, changed=situation.changes)
            return replace(result, placed=placed, pruned=pruned, published_batch=self._newest_batch())

    def preview(
        self,
        base: Path,
        manifest: Manifest,
        form: Form = Form.LICENCES,
        *,
        leave_out: bool = False,
        on_difference: OnLine = ignore,
    ) -> Preview:
        """Compare the release and the store with what :meth:`publish` would make of them; change nothing.

        ``on_difference`` gets a line for each object: ``+ name`` would be uploaded, ``- name`` is surplus.

        Raises:
            OneSeatError: what :meth:`publish` would raise before it changes anything.
        """
        self._refuse_other_exam(manifest)
        situation, counts = self._compare(manifest, leave_out=leave_out), Counter[type]()
        stamper, name = Stamper(manifest, base), base_name(manifest.base_sha256)
        in_store = self.store.find(name) is not None
        edition_id = situation.edition.id
        sets = [
            ObjectSet(self.exam.id, edition_id, each, base, manifest) for each in (Form.TAILS, Form.WHOLE)
        ]
        differences = chain(
            map(Surplus, old_bases(self.exam.id, self.database, self.store, current=name)),
            *(objects.differences(self.database, self.store, stamper, only=form) for objects in sets),
        )
        if not in_store:
            on_difference(f"+ {name}")
        for difference in differences:
            counts[type(difference)] += 1
            if not isinstance(difference, Kept):
                on_difference(difference.line)
        plan = situation.plan
        return Preview(
            exam=self.exam.id,
            base="kept" if in_store else "missing",
            seats=plan.seats,
            new=plan.new,
            replaced=plan.replaced,
            left_out=plan.left_out,
            hidden=plan.hidden,
            changes=situation.changes,
            form=str(form),
            put=counts[Missing],
            kept=counts[Kept],
            surplus=counts[Surplus],
        )

    def _refuse_other_exam(self, manifest: Manifest) -> None:
        if manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=manifest.exam, wanted=self.exam.id)

    def _compare(self, manifest: Manifest, *, leave_out: bool) -> _Situation:
        """Compare what is issued with the current release."""
        edition = self._edition(manifest)
        self._refuse_unaccepted(manifest.build)
        with self.database.reading() as connection:
            plan = self._plan(connection, edition, leave_out=leave_out)
            shown = releases.current(connection, self.exam.id)
        changes = shown is None or _changes(plan, shown, edition, manifest) or not self._base_in_store(shown)
        changes = changes or self._lacks_batch()
        if changes and self.batches is not None:
            self.batches.refuse_fork()
        return _Situation(edition, plan, shown, changes)

    def _signing_time(self) -> SigningTime:
        return signing_time(self.clock, self.exam, self.database, trust_clock=self.trust_clock)

    def _lacks_batch(self) -> bool:
        return self.batches is not None and self.batches.lacks_batch()

    def _stage_batch(
        self, edition: EditionRow, stamper: Stamper, shown: PublishedRelease | None, folder: Path
    ) -> Staged | None:
        return None if self.batches is None else self.batches.stage(edition.id, stamper, shown, folder)

    def _newest_batch(self) -> int | None:
        return None if self.batches is None else self.batches.newest()

    def _export(self) -> None:
        if self.batches is not None:
            self.batches.export()

    def _edition(self, manifest: Manifest) -> EditionRow:
        exam = self.exam
        with self.database.reading() as connection:
            if issue_runs.unfinished(connection, exam.id):
                raise IssueUnfinished(exam=exam.id)
            base = manifest.authenticode_sha256
            edition = licences.find_edition(connection, exam.id, base, manifest.build, exam.ends)
        if edition is None:
            raise NothingIssued(exam=exam.id)
        return edition

    def _refuse_unaccepted(self, build: str) -> None:
        charter = in_force(self.database, self.root_public_key, self.exam.id)
        if build not in charter.builds:
            raise BuildNotAccepted(build=build[:12], version=charter.version)
        if self.batches is not None:
            self.batches.refuse_unlisted_key(charter)

    def _plan(self, connection: Connection, edition: EditionRow, *, leave_out: bool) -> PublicationPlan:
        plan = releases.plan(connection, self.exam.id, edition.id)
        if plan.seats == 0:
            raise NothingIssued(exam=self.exam.id)
        if plan.left_out and not leave_out:
            raise SeatsLeftOut(count=plan.left_out)
        return plan

    def _base_in_store(self, shown: PublishedRelease) -> bool:
        return not shown.withdrawn and self.store.find(shown.object_name) is not None

    def _store_base(self, base: Path, manifest: Manifest) -> BaseFile:
        name = base_name(manifest.base_sha256)
        self.store.sweep(name)
        self.store.put(name, base, manifest.base_sha256)
        return BaseFile(manifest.base_sha256, name, manifest.to_json().decode())

    def _flip(
        self,
        edition: EditionRow,
        file: BaseFile,
        plan: PublicationPlan,
        staged: Staged | None,
        time: SigningTime,
    ) -> PublishedRelease:
        now = self.clock.now().replace(microsecond=0)
        with self.database.writing() as connection:
            release = releases.publish(connection, self.exam.id, edition.id, file, now)
            if self.batches is not None and staged is not None:
                self.batches.sign_head(connection, staged, release)
            facts = {
                "release": release.id,
                "seats": release.seats,
                "new": plan.new,
                "replaced": plan.replaced,
            }
            audit.append(connection, now, "pipeline", "publish", self.exam.id, facts)
            time.record(connection, self.exam.id, "publish")
        return release


@dataclass(frozen=True)
class _Situation:
    """What is issued, what the current release shows, and whether these differ."""

    edition: EditionRow
    plan: PublicationPlan
    shown: PublishedRelease | None
    changes: bool


def _changes(plan: PublicationPlan, shown: PublishedRelease, edition: EditionRow, manifest: Manifest) -> bool:
    """Whether the plan differs from the current release in seats or base."""
    same_base = (shown.edition_id, shown.base_sha256) == (edition.id, manifest.base_sha256)
    return bool(plan.new or plan.replaced or plan.hidden) or not same_base


def _published(release: PublishedRelease, plan: PublicationPlan, *, changed: bool) -> Published:
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
