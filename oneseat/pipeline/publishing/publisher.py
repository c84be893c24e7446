"""Base and licences become what candidates see: ``publish``.

The base goes into the store first, under the name of its own hash, where it disturbs
nobody; then one transaction shows it together with every seat's newest licence. A run
that is killed in between has published nothing, and the next run starts from there.
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
from oneseat.pipeline.publishing.store_sync import Form, Kept, Lot, Missing, Placed, Placing, Surplus, place
from oneseat.pipeline.publishing.withdraw import old_bases, remove_surplus
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
    """What candidates see now. ``changed`` is False when they saw exactly this already.

    ``published_batch`` is the number of the exam's newest published batch, where it keeps them.
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
    placed: Placed | None = None
    pruned: int = 0
    published_batch: int | None = None


@dataclass(frozen=True)
class Preview:
    """What publishing would do, to what candidates see and to the store."""

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
    """Where an exam is published: its state, its store, and the root key that its charters answer to."""

    exam: Exam
    root_public_key: bytes
    database: Database
    store: Store
    clock: Clock
    batches: BatchLog | None = None
    """Where the manifest is kept; None publishes without one."""

    def publish(
        self,
        base: Path,
        manifest: Manifest,
        *,
        leave_out: bool = False,
        placing: Placing | None = None,
        prune: bool = False,
    ) -> Published:
        """Show candidates this base with the newest licences, all at once.

        What the store needs for each seat is put there first, and what no release needs
        any more is removed afterwards when ``prune`` is set.

        Raises:
            OfOtherExam, BaseChanged: the base is not this exam's, or not its manifest's.
            NothingIssued: no licence was issued for it.
            IssueUnfinished: an interrupted ``issue`` has to be taken up first.
            SeatsLeftOut: seats lack a licence for it, and ``leave_out`` is not set.
            CharterUnsigned, BuildNotAccepted: no charter in force accepts its build.
            KeyMissing, BatchKeyUnlisted: the key ring is older than batch manifests, or ahead of the charter.
            RunInProgress: another run issues or publishes this exam.
            StoreUnavailable, StoreBusy, StoreFull, CredentialsRefused, ObjectDiffers, ObjectsMissing: base or
                installers cannot be stored.
        """
        placing = placing or Placing()
        self._refuse_others(manifest)
        with self.database.exclusive(lock_name(self.exam.id)):
            sight = self._look(manifest, leave_out=leave_out)
            lot = Lot(self.exam.id, sight.edition.id, placing.form, base, manifest, sight.plan.seats)
            if sight.shown and not sight.changes and placing.form is Form.LICENCES and not prune:
                self._export()
                told = _told(sight.shown, sight.plan, changed=False)
                return replace(told, published_batch=self._newest_batch())
            stamper = Stamper(manifest, base)
            file = self._stored(base, manifest)
            placed = None
            if placing.form is not Form.LICENCES:
                placed = place(lot, placing, self.database, self.store, stamper)
            release = sight.shown
            if release is None or sight.changes:
                staged = self._staged(sight.edition, stamper, sight.shown, base.parent)
                release = self._flip(sight.edition, file, sight.plan, staged)
            self._export()
            pruned = remove_surplus(lot, self.database, self.store, stamper, file.object_name) if prune else 0
            told = _told(release, sight.plan, changed=sight.changes)
            return replace(told, placed=placed, pruned=pruned, published_batch=self._newest_batch())

    def preview(
        self,
        base: Path,
        manifest: Manifest,
        form: Form = Form.LICENCES,
        *,
        leave_out: bool = False,
        on_difference: OnLine = ignore,
    ) -> Preview:
        """What :meth:`publish` would do; nothing is changed, here or in the store.

        ``on_difference`` is told of each object: ``+ name`` would be put, ``- name`` is not needed.

        Raises:
            OneSeatError: what :meth:`publish` would raise before it changes anything.
        """
        self._refuse_others(manifest)
        sight, counts = self._look(manifest, leave_out=leave_out), Counter[type]()
        stamper, name = Stamper(manifest, base), base_name(manifest.base_sha256)
        held = self.store.find(name) is not None
        lots = [Lot(self.exam.id, sight.edition.id, one, base, manifest) for one in (Form.TAILS, Form.WHOLE)]
        found = chain(
            map(Surplus, old_bases(self.exam.id, self.database, self.store, but=name)),
            *(lot.differences(self.database, self.store, stamper, only=form) for lot in lots),
        )
        if not held:
            on_difference(f"+ {name}")
        for one in found:
            counts[type(one)] += 1
            if not isinstance(one, Kept):
                on_difference(one.shown)
        plan = sight.plan
        return Preview(
            exam=self.exam.id,
            base="kept" if held else "missing",
            seats=plan.seats,
            new=plan.new,
            replaced=plan.replaced,
            left_out=plan.left_out,
            hidden=plan.hidden,
            changes=sight.changes,
            form=str(form),
            put=counts[Missing],
            kept=counts[Kept],
            surplus=counts[Surplus],
        )

    def _refuse_others(self, manifest: Manifest) -> None:
        if manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=manifest.exam, wanted=self.exam.id)

    def _look(self, manifest: Manifest, *, leave_out: bool) -> _Sight:
        """What is issued, what is shown, and whether these differ."""
        edition = self._edition(manifest)
        self._refuse_unaccepted(manifest.build)
        with self.database.reading() as connection:
            plan = self._plan(connection, edition, leave_out=leave_out)
            shown = releases.current(connection, self.exam.id)
        changes = shown is None or _changes(plan, shown, edition, manifest) or not self._holds(shown)
        changes = changes or self._lacks_batch()
        return _Sight(edition, plan, shown, changes)

    def _lacks_batch(self) -> bool:
        return self.batches is not None and self.batches.lacks()

    def _staged(
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

    def _holds(self, shown: PublishedRelease) -> bool:
        return not shown.withdrawn and self.store.find(shown.object_name) is not None

    def _stored(self, base: Path, manifest: Manifest) -> BaseFile:
        name = base_name(manifest.base_sha256)
        self.store.sweep(name)
        self.store.put(name, base, manifest.base_sha256)
        return BaseFile(manifest.base_sha256, name, manifest.to_json().decode())

    def _flip(
        self, edition: EditionRow, file: BaseFile, plan: PublicationPlan, staged: Staged | None
    ) -> PublishedRelease:
        now = self.clock.now().replace(microsecond=0)
        with self.database.writing() as connection:
            release = releases.publish(connection, self.exam.id, edition.id, file, now)
            if self.batches is not None and staged is not None:
                self.batches.seal(connection, staged, release)
            facts = {
                "release": release.id,
                "seats": release.seats,
                "new": plan.new,
                "replaced": plan.replaced,
            }
            audit.append(connection, now, "pipeline", "publish", self.exam.id, facts)
        return release


@dataclass(frozen=True)
class _Sight:
    """What a publication starts from."""

    edition: EditionRow
    plan: PublicationPlan
    shown: PublishedRelease | None
    changes: bool


def _changes(plan: PublicationPlan, shown: PublishedRelease, edition: EditionRow, manifest: Manifest) -> bool:
    """Whether publishing would show candidates anything that they do not see already."""
    same_base = (shown.edition_id, shown.base_sha256) == (edition.id, manifest.base_sha256)
    return bool(plan.new or plan.replaced or plan.hidden) or not same_base


def _told(release: PublishedRelease, plan: PublicationPlan, *, changed: bool) -> Published:
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
