"""``release``: charter, base, issuing and publishing in order; only what is out of date is redone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from oneseat.pipeline import builds, current_charter
from oneseat.pipeline.base import current_base
from oneseat.pipeline.base.current_base import CodeSigning
from oneseat.pipeline.base.errors import BaseMissing
from oneseat.pipeline.base.finished import Base, open_base
from oneseat.pipeline.events import OnLine, OnProgress, ignore
from oneseat.pipeline.exam import charters
from oneseat.pipeline.issuing.issuer import Issued, Issuer, Planned, count_rows
from oneseat.pipeline.issuing.phones import PhoneIssuer
from oneseat.pipeline.keys import recording
from oneseat.pipeline.project import Project
from oneseat.pipeline.publishing.errors import NoPhoneApp
from oneseat.pipeline.publishing.log import BatchLog
from oneseat.pipeline.publishing.publisher import Published, Publisher
from oneseat.pipeline.publishing.withdraw import Withdrawer
from oneseat.pipeline.roster import AS_IT_IS, Reading
from oneseat.pipeline.signing_clock import find_doubt
from oneseat.pipeline.workers.pool import SERIAL, WorkerOptions
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from signing.authority.errors import BaseChanged


@dataclass(frozen=True)
class ReleaseResult:
    """The parts of a release; ``phone`` is None where the exam has no phone app."""

    charter_version: int
    base: Base
    issued: Issued
    published: Published
    phone: Base | None = None


def _no_progress() -> AbstractContextManager[OnProgress]:
    return nullcontext(ignore)


@dataclass(frozen=True)
class Callbacks:
    """Callbacks of a release: for each step, for each line of a tool's output, and during issuing.

    ``progress`` is a context manager around issuing: the caller opens and closes its own display there.
    """

    on_step: OnLine = ignore
    on_line: OnLine = ignore
    progress: Callable[[], AbstractContextManager[OnProgress]] = _no_progress


def issuer(project: Project, base: Base, workers: WorkerOptions = SERIAL) -> Issuer:
    """Create the issuer of licences for a base."""
    return Issuer(
        project.exam,
        base.manifest,
        project.authority,
        project.database,
        project.clock,
        workers,
        trust_clock=project.trust_clock,
    )


def phone_base(project: Project) -> Base | None:
    """Open the phone app that was built last; None where the exam has none.

    Raises:
        BaseMissing: none was built.
        BaseChanged: its manifest is damaged.
    """
    return open_base(project.workspace.phone) if project.exam.companion.has_app else None


def base_of(project: Project, *, phone: bool) -> Base:
    """Open the base of an artefact that was built last: the installer's, or the phone app's.

    Raises:
        NoPhoneApp: the exam has no phone app of this project.
        BaseMissing: none was built.
        BaseChanged: its manifest is damaged.
    """
    base = phone_base(project) if phone else open_base(project.workspace.base)
    if base is None:
        raise NoPhoneApp(exam=project.exam.id)
    return base


def phone_issuer(project: Project, base: Base) -> PhoneIssuer | None:
    """Create the issuer of phone licences beside those of a base; None where the exam has no phone app.

    Raises:
        BaseMissing, BaseChanged: as for :func:`phone_base`.
    """
    phone = phone_base(project)
    if phone is None:
        return None
    return PhoneIssuer(
        project.exam,
        base.manifest,
        phone.manifest,
        project.authority,
        project.database,
        project.clock,
        trust_clock=project.trust_clock,
    )


def publisher(project: Project) -> Publisher:
    """Create the project's publisher."""
    root = project.authority.entry("root").public_key
    return Publisher(
        project.exam,
        root,
        project.database,
        project.store,
        project.clock,
        batch_log(project),
        trust_clock=project.trust_clock,
        phone=phone_base(project),
    )


def batch_log(project: Project) -> BatchLog:
    """Create the exam's log of published batches."""
    return BatchLog(project.exam.id, project.authority, project.database, project.workspace.batches)


def withdrawer(project: Project) -> Withdrawer:
    """Create the project's withdrawer, which removes published installers."""
    root = project.authority.entry("root").public_key
    return Withdrawer(project.exam, root, project.database, project.store, project.clock)


def release(
    project: Project,
    roster: Path,
    signing: CodeSigning,
    callbacks: Callbacks,
    *,
    reading: Reading = AS_IT_IS,
    strict: bool,
    workers: WorkerOptions = SERIAL,
) -> ReleaseResult:
    """Sign the charter, build the base, issue licences for a roster and publish them.

    Raises:
        OneSeatError: a step is refused. What was done before it is kept.
    """
    callbacks.on_step("charter")
    recording.record(project, project.database)
    signed = current_charter.sign(project, builds.present_ids(project))
    charters.publish(project.database, signed, project.clock)
    callbacks.on_step("base")
    base = _base(project, signing, callbacks)
    phone = builds.build_phone(project, signing.phone_key, callbacks.on_step, callbacks.on_line)
    callbacks.on_step("licences")
    with callbacks.progress() as on_progress:
        phones = phone_issuer(project, base)
        issued = issuer(project, base, workers).issue(
            roster, reading=reading, strict=strict, on_progress=on_progress
        )
        if phones is not None:
            issued = replace(issued, phones=phones.issue(on_progress).issued)
    callbacks.on_step("publication")
    published = publisher(project).publish(base.path, base.manifest)
    return ReleaseResult(signed.version, base, issued, published, phone)


@dataclass(frozen=True)
class ReleasePreview:
    """What :func:`release` would do. ``licences`` is None where no base or no state says what is issued."""

    charter_version: int
    signs_charter: bool
    builds_base: bool
    rows: int
    faulty: int
    licences: Planned | None


def preview(
    project: Project,
    roster: Path,
    signing: CodeSigning,
    *,
    reading: Reading = AS_IT_IS,
    workers: WorkerOptions = SERIAL,
) -> ReleasePreview:
    """Say what :func:`release` would do for a roster; nothing is written.

    Raises:
        OneSeatError: what :func:`release` raises before it begins.
    """
    state = _state(project)
    if doubt := None if project.trust_clock else find_doubt(project.clock.now(), project.exam, state):
        raise doubt
    version, is_new = current_charter.preview(project, builds.present_ids(project), state)
    base = _base_in_use(project, signing)
    if base is None or state is None:
        rows, faulty = count_rows(roster, reading, project.exam)
        return ReleasePreview(version, is_new, base is None, rows, faulty, None)
    planned = Issuer(
        project.exam,
        base.manifest,
        project.authority,
        state,
        project.clock,
        workers,
        trust_clock=project.trust_clock,
    ).preview(roster, reading=reading)
    return ReleasePreview(version, is_new, False, planned.rows, planned.leave_out, planned)


def _state(project: Project) -> Database | None:
    try:
        return project.state
    except StateAbsent:
        return None


def _base_in_use(project: Project, signing: CodeSigning) -> Base | None:
    """Return the last base if no other would be built."""
    try:
        last = current_base.last_built(project)
    except (BaseMissing, BaseChanged):
        return None
    return last if current_base.is_up_to_date(project, signing, last) else None


def _base(project: Project, signing: CodeSigning, callbacks: Callbacks) -> Base:
    """Return the last base if its inputs are unchanged, else build one; a newer charter needs no new base."""
    builder = current_base.builder(project, signing, callbacks.on_step, callbacks.on_line)
    try:
        last = current_base.last_built(project)
    except (BaseMissing, BaseChanged):
        return builder.build()
    return last if current_base.is_up_to_date(project, signing, last) else builder.build()
