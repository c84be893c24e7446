"""``clean``: finds and deletes what interrupted and earlier runs left in an exam's workspace.

Three kinds: working folders of builds that were killed, bases that were never published and are not the
last built, and stamped installers of bases that are neither the last built nor the released one. A base
that a release ever used is kept: ``verify --all`` checks published batches against it. Without the state
database nothing is known about releases, so only working folders are found.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from oneseat.pipeline.base import build_folder, finished
from oneseat.pipeline.base.errors import BaseMissing
from oneseat.pipeline.errors import CleaningUnconfirmed
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.project import Project
from oneseat.pipeline.publishing.stamp_all import folder_for_base
from oneseat.state.errors import StateAbsent
from oneseat.state.publishing import releases
from signing.authority.errors import BaseChanged
from signing.text import Text

_BUILD = Text("working folder of a build that was stopped", "已中断的构建所用的临时目录")
_EXPORT = Text("unfinished copy of a published batch", "未完成的批次副本")
_BASE = Text("base that was never published", "从未发布过的基础安装包")
_INSTALLERS = Text("stamped installers of an earlier base", "旧基础安装包对应的考生安装程序")


@dataclass(frozen=True)
class Leftover:
    """A folder that nothing needs: what it is, and how much space its files take."""

    path: Path
    what: Text
    size_bytes: int


def find_leftovers(project: Project) -> list[Leftover]:
    """Find every folder of the workspace that nothing needs any more."""
    space = project.workspace
    builds = [*space.base.glob(".building-*"), *space.phone.glob(".building-*")]
    found = [(path, _BUILD) for path in sorted(builds)]
    found += [(path, _EXPORT) for path in sorted(space.batches.glob(".writing-*"))]
    with contextlib.suppress(StateAbsent):
        found += _unused(project)
    return [Leftover(path, what, _size_bytes(path)) for path, what in found]


def delete(project: Project, leftovers: Sequence[Leftover]) -> int:
    """Delete folders; return how many bytes were freed. No build may run meanwhile.

    Raises:
        AlreadyRunning: a build runs in this workspace.
        OutputUnwritable: a folder cannot be deleted.
    """
    bases = project.workspace.base, project.workspace.phone
    with contextlib.ExitStack() as locks:
        for folder in filter(Path.is_dir, bases):
            locks.enter_context(build_folder.locked(folder))
        for leftover in leftovers:
            try:
                shutil.rmtree(leftover.path)
            except OSError as error:
                raise unwritable(leftover.path, error) from None
    return sum(leftover.size_bytes for leftover in leftovers)


def require_confirmation(*, confirmed: bool) -> None:
    """Refuse to delete without a confirmation.

    Raises:
        CleaningUnconfirmed: it was not confirmed.
    """
    if not confirmed:
        raise CleaningUnconfirmed


def _unused(project: Project) -> Iterator[tuple[Path, Text]]:
    space = project.workspace
    last = [base for base in map(_last_built, (space.base, space.phone)) if base]
    with project.state.reading() as connection:
        released = releases.base_digests(connection, project.exam.id)
        shown = releases.current(connection, project.exam.id)
    kept = {base.folder for base in last}
    for base in chain(finished.all_bases(space.base), finished.all_bases(space.phone)):
        if base.folder not in kept and base.manifest.base_sha256 not in released:
            yield base.folder, _BASE
    in_use = {each.base_sha256[:16] for each in (shown, shown and shown.phone) if each}
    in_use |= {folder_for_base(space.installers, base.manifest).name for base in last}
    for folder in sorted(path for path in space.installers.glob("[0-9a-f]*") if path.is_dir()):
        if len(folder.name) == 16 and folder.name not in in_use:
            yield folder, _INSTALLERS


def _last_built(folder: Path) -> finished.Base | None:
    try:
        return finished.open_base(folder)
    except (BaseMissing, BaseChanged):
        return None


def _size_bytes(folder: Path) -> int:
    """Add up the sizes of a folder's files; shared blocks count for each file."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
