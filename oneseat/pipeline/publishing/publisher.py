"""``publish``: uploads base and objects to the store, then switches the release in one transaction.

The base goes into the store first, under its own hash, so that it replaces nothing. Then
one transaction shows it together with every seat's newest licence. A process that is
killed in between has published nothing, and the next one resumes from what is stored.

A phone app is published with the installer: its base and objects go the same way, and the
same transaction shows both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.exam.charters import in_force
from oneseat.pipeline.exam.errors import BuildNotAccepted
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing.issuer import THE_BASE, THE_PHONE_APP, lock_name
from oneseat.pipeline.publishing.errors import (
    IssueUnfinished,
    NothingIssued,
    PhoneLicencesMissing,
    SeatsLeftOut,
)
from oneseat.pipeline.publishing.log import BatchLog, PhoneToShow, Staged
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
from oneseat.state.artefacts import PHONE
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs, licences, phone_licences
from oneseat.state.issuing.licences import EditionRow
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import BaseFile, PublicationPlan, PublishedRelease, ShownFile
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
    phone_sha256: str | None = None
    """The SHA-256 of the phone app's base; None where the release has none."""


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

    phone: Base | None = None
    """The phone app to publish with the installer; None where the exam has none."""

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
            PhoneLicencesMissing: seats that would be shown lack a licence for the phone app.
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
            if situation.shown and not situation.changes and sync.form is Form.LICENCES and not prune:
                self._export()  # a killed process may have left folders unwritten
                result = _published(situation.shown, situation.plan, changed=False)
                return replace(result, published_batch=self._newest_batch())
            time = self._signing_time()
            artefacts = self._artefacts(situation, base, manifest)
            files = [self._store_base(each) for each in artefacts]
            placed = self._sync(artefacts, sync, situation.plan.seats)
            release = situation.shown
            if release is None or situation.changes:
                staged = self._stage_batch(artefacts, situation.shown)
                release = self._flip(files, situation.plan, staged, time)
            self._export()
            pruned = self._prune(artefacts, sync.form) if prune else 0
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
        artefacts = self._artefacts(situation, base, manifest)
        names = [each.object_name for each in artefacts]
        missing = [name for name in names if self.store.find(name) is None]
        differences = chain(
            map(Surplus, old_bases(self.exam.id, self.database, self.store, current=names)),
            *(
                objects.differences(self.database, self.store, each.stamper, only=form)
                for each in artefacts
                for objects in map(each.objects, (Form.TAILS, Form.WHOLE))
            ),
        )
        for name in missing:
            on_difference(f"+ {name}")
        for difference in differences:
            counts[type(difference)] += 1
            if not isinstance(difference, Kept):
                on_difference(difference.line)
        plan = situation.plan
        return Preview(
            exam=self.exam.id,
            base="missing" if missing else "kept",
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
        if self.phone is not None and self.phone.manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_PHONE_APP, found=self.phone.manifest.exam, wanted=self.exam.id)

    def _compare(self, manifest: Manifest, *, leave_out: bool) -> _Situation:
        """Compare what is issued with the current release."""
        edition = self._edition(manifest)
        self._refuse_unaccepted(manifest.build)
        with self.database.reading() as connection:
            plan = self._plan(connection, edition, leave_out=leave_out)
            shown = releases.current(connection, self.exam.id)
        phone = self._phone_edition(edition)
        changes = shown is None or _changes(plan, shown, edition, manifest) or not self._bases_in_store(shown)
        changes = changes or _phone_changes(shown, phone, self.phone) or self._lacks_batch()
        if changes and self.batches is not None:
            self.batches.refuse_fork()
        return _Situation(edition, plan, shown, changes, phone)

    def _phone_edition(self, installers: EditionRow) -> EditionRow | None:
        """Find the phone app's edition; None where the exam has none. All seats to be shown are in it."""
        if self.phone is None:
            return None
        exam, manifest = self.exam, self.phone.manifest
        self._refuse_unaccepted(manifest.build)
        with self.database.reading() as connection:
            phone = licences.find_edition(
                connection, exam.id, manifest.authenticode_sha256, manifest.build, exam.ends, PHONE
            )
            missing = phone_licences.count_unlicensed(connection, installers.id, phone.id if phone else 0)
        if missing or phone is None:
            raise PhoneLicencesMissing(count=missing)
        return phone

    def _artefacts(self, situation: _Situation, base: Path, manifest: Manifest) -> list[_Artefact]:
        """Open the bases to publish: the installer's, and the phone app's if there is one."""
        edition, exam = situation.edition, self.exam.id
        artefacts = [_Artefact(exam, edition, Stamper(manifest, base))]
        if self.phone is not None and situation.phone is not None:
            stamper = Stamper(self.phone.manifest, self.phone.path)
            artefacts.append(_Artefact(exam, situation.phone, stamper, edition.id))
        return artefacts

    def _sync(self, artefacts: Sequence[_Artefact], sync: SyncOptions, seats: int) -> SyncResult | None:
        """Upload the objects of each seat, for one artefact after the other."""
        if sync.form is Form.LICENCES:
            return None
        results = [
            sync_objects(each.objects(sync.form, seats), sync, self.database, self.store, each.stamper)
            for each in artefacts
        ]
        return reduce(SyncResult.plus, results)

    def _prune(self, artefacts: Sequence[_Artefact], form: Form) -> int:
        objects = [(each.objects(form), each.stamper) for each in artefacts]
        bases = [each.object_name for each in artefacts]
        return remove_surplus(objects, self.exam.id, self.database, self.store, bases)

    def _signing_time(self) -> SigningTime:
        return signing_time(self.clock, self.exam, self.database, trust_clock=self.trust_clock)

    def _lacks_batch(self) -> bool:
        return self.batches is not None and self.batches.lacks_batch()

    def _stage_batch(self, artefacts: Sequence[_Artefact], shown: PublishedRelease | None) -> Staged | None:
        if self.batches is None:
            return None
        installer, *others = artefacts
        stamper, folder = installer.stamper, installer.stamper.base.parent
        phone = PhoneToShow(*others[0].to_show()) if others else None
        return self.batches.stage(installer.edition.id, stamper, shown, folder, phone=phone)

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

    def _bases_in_store(self, shown: PublishedRelease) -> bool:
        names = [shown.object_name, *([shown.phone.object_name] if shown.phone else [])]
        return not shown.withdrawn and all(self.store.find(name) is not None for name in names)

    def _store_base(self, artefact: _Artefact) -> ShownFile:
        name, manifest = artefact.object_name, artefact.stamper.manifest
        self.store.sweep(name)
        self.store.put(name, artefact.stamper.base, manifest.base_sha256)
        file = BaseFile(manifest.base_sha256, name, manifest.to_json().decode())
        return ShownFile(artefact.edition.id, file)

    def _flip(
        self,
        files: Sequence[ShownFile],
        plan: PublicationPlan,
        staged: Staged | None,
        time: SigningTime,
    ) -> PublishedRelease:
        now, installer = self.clock.now().replace(microsecond=0), files[0]
        phone = files[1] if len(files) > 1 else None
        with self.database.writing() as connection:
            release = releases.publish(
                connection, self.exam.id, installer.edition_id, installer.file, now, phone
            )
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
    phone: EditionRow | None


@dataclass(frozen=True)
class _Artefact:
    """A base to publish, opened, with the edition whose licences go into it."""

    exam: str
    edition: EditionRow
    stamper: Stamper
    beside: int | None = None

    @property
    def object_name(self) -> str:
        """The name of the base in the store."""
        manifest = self.stamper.manifest
        return base_name(manifest.base_sha256, manifest.artefact)

    def objects(self, form: Form, seats: int | None = None) -> ObjectSet:
        """The objects of each seat in a form."""
        base, manifest = self.stamper.base, self.stamper.manifest
        return ObjectSet(self.exam, self.edition.id, form, base, manifest, seats, self.beside)

    def to_show(self) -> tuple[int, Stamper, Path]:
        """The edition, the base, and the folder of the base's documents."""
        return self.edition.id, self.stamper, self.stamper.base.parent


def _changes(plan: PublicationPlan, shown: PublishedRelease, edition: EditionRow, manifest: Manifest) -> bool:
    """Whether the plan differs from the current release in seats or base."""
    same_base = (shown.edition_id, shown.base_sha256) == (edition.id, manifest.base_sha256)
    return bool(plan.new or plan.replaced or plan.hidden) or not same_base


def _phone_changes(shown: PublishedRelease | None, edition: EditionRow | None, base: Base | None) -> bool:
    """Whether another phone app is shown than is to be, or one where there is to be none."""
    now = shown.phone if shown else None
    if now is None or edition is None or base is None:
        return now is not None or edition is not None
    return (now.edition_id, now.base_sha256) != (edition.id, base.manifest.base_sha256)


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
        phone_sha256=release.phone.base_sha256 if release.phone else None,
    )
