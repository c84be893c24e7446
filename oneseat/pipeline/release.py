"""All of it in order, and only what is out of date: ``release``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from oneseat.pipeline import making
from oneseat.pipeline.base.builder import Base
from oneseat.pipeline.errors import BaseMissing
from oneseat.pipeline.exam import charters
from oneseat.pipeline.issuing.issuer import Issued, Issuer
from oneseat.pipeline.making import CodeSigning, Report
from oneseat.pipeline.progress import Counted
from oneseat.pipeline.project import Project
from oneseat.pipeline.publishing.log import BatchLog
from oneseat.pipeline.publishing.publisher import Published, Publisher
from oneseat.pipeline.publishing.withdraw import Withdrawer
from oneseat.pipeline.workers.pool import SERIAL, Workers
from signing.errors import BaseChanged


@dataclass(frozen=True)
class Released:
    """What a release consists of now."""

    charter_version: int
    base: Base
    issued: Issued
    published: Published


@contextmanager
def _untold() -> Iterator[Callable[[Counted], None]]:
    yield lambda _: None


@dataclass(frozen=True)
class Told:
    """Who is told of a release: of its steps, of the tools' lines, and how far the licences are."""

    step: Report
    line: Report
    progress: Callable[[], AbstractContextManager[Callable[[Counted], None]]] = _untold


def issuer(project: Project, base: Base, workers: Workers = SERIAL) -> Issuer:
    """What issues licences for a base."""
    return Issuer(project.exam, base.manifest, project.authority, project.database, project.clock, workers)


def publisher(project: Project) -> Publisher:
    """What publishes the project."""
    root = project.authority.entry("root").public_key
    return Publisher(project.exam, root, project.database, project.store, project.clock, batch_log(project))


def batch_log(project: Project) -> BatchLog:
    """The exam's log of batches."""
    return BatchLog(project.exam.id, project.authority, project.database, project.workspace.batches)


def withdrawer(project: Project) -> Withdrawer:
    """What takes the project's installers away."""
    root = project.authority.entry("root").public_key
    return Withdrawer(project.exam, root, project.database, project.store, project.clock)


def release(
    project: Project,
    roster: Path,
    signing: CodeSigning,
    told: Told,
    *,
    strict: bool,
    workers: Workers = SERIAL,
) -> Released:
    """Charter, base, licences and publication of a roster.

    Raises:
        OneSeatError: the first step that is refused; what was done before it is kept.
    """
    told.step("charter")
    signed = making.sign_charter(project)
    charters.publish(project.database, signed, project.clock)
    told.step("base")
    base = _base(project, signing, told)
    told.step("licences")
    with told.progress() as heard:
        issued = issuer(project, base, workers).issue(roster, strict=strict, on_progress=heard)
    told.step("publication")
    published = publisher(project).publish(base.path, base.manifest)
    return Released(signed.version, base, issued, published)


def _base(project: Project, signing: CodeSigning, told: Told) -> Base:
    """The base that was built last when it is of the present inputs; a newer charter needs no new one."""
    builder = making.builder(project, signing, told.step, told.line)
    try:
        found = making.current_base(project)
    except (BaseMissing, BaseChanged):
        return builder.build()
    # Same build, same certificate, same mark: the charter that it carries may be an older one.
    same = replace(builder, charter=found.charter).key == found.folder.name
    return found if same else builder.build()
