"""Seals a folder of checked papers into a new folder, for a room to be started on."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oneseat.files.atomic import write_atomic
from oneseat.files.paper_names import SEALED_SUFFIX
from oneseat.room.papers.holders import Holder
from oneseat.room.papers.reading import Paper
from oneseat.room.papers.sealed_files import seal_paper
from oneseat.room.refusals.holders import SealTargetTaken
from signing.os_faults import system_reason
from signing.session_times import FORMAL
from signing.text import Text


@dataclass(frozen=True)
class Sealed:
    """A paper that was sealed, by the digest that logs and the audit log name it by."""

    paper: str
    file: str
    sha256: str


def seal_folder(
    source: Path, target: Path, exam: str, papers: Sequence[Paper], held_by: Sequence[Holder], release_s: int
) -> list[Sealed]:
    """Seal the formal papers, each under a key of its own; copy the mocks with their pictures and sounds.

    Raises:
        HoldersRefused: there are too few or too many holders, or one twice.
        SealTargetTaken: the target is there and not empty, or cannot be written.
    """
    formals = [paper for paper in papers if paper.name.kind == FORMAL]
    files = [seal_paper(exam, paper.name, paper.content, held_by, release_s) for paper in formals]
    copied = [paper for paper in papers if paper.name.kind != FORMAL]
    names = {paper.file for paper in copied}.union(*(paper.used_files for paper in copied))
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise SealTargetTaken(folder=target.name, reason=Text("it is not empty", "文件夹不是空的"))
        for name in sorted(names):
            shutil.copyfile(source / name, target / name)
        for file in files:
            path = target / f"{file.paper.name}{SEALED_SUFFIX}"
            write_atomic(path, [file.to_json()], mode=0o600, replace=False)
    except OSError as error:
        raise SealTargetTaken(folder=target.name, reason=system_reason(error)) from None
    return [
        Sealed(str(file.paper.name), f"{file.paper.name}{SEALED_SUFFIX}", file.paper.digest.hex())
        for file in files
    ]
