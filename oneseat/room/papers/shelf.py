"""The papers of a room: sealed by itself from plain files, or by holders, and opened from the start on."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneseat.files.paper_names import SEALED_SUFFIX, SPARE, PaperName
from oneseat.room.papers import boxes, faults, reading, sealed_files
from oneseat.room.papers.boxes import Derive, SealedPaper
from oneseat.room.papers.faults import PaperFault
from oneseat.room.papers.sealed_files import SealedFile
from oneseat.room.papers.sessions import PaperSession
from oneseat.room.refusals.holders import SealedPaperBroken
from oneseat.room.refusals.papers import PapersFaulty
from signing.jws import b64url_encode
from signing.os_faults import system_reason
from signing.session_times import FORMAL
from signing.text import Text


@dataclass(frozen=True)
class HeldPaper:
    """A paper of the room. ``key`` is the room's own; None where holders release it with ``file``."""

    sealed: SealedPaper
    key: bytes | None = field(default=None, repr=False)
    file: SealedFile | None = None

    @property
    def name(self) -> PaperName:
        """Session and variant."""
        return self.sealed.name

    @functools.cached_property
    def wire(self) -> Mapping[str, str]:
        """The box as a page gets it."""
        return {
            "exam": self.sealed.exam,
            "variant": self.name.variant,
            "nonce": b64url_encode(self.sealed.nonce),
            "box": b64url_encode(self.sealed.box),
        }

    @functools.cached_property
    def digest(self) -> bytes:
        """The paper's digest in logs and in the database."""
        return self.sealed.digest


class Papers:
    """All papers of a folder, by session and variant.

    Raises:
        PapersFaulty: papers are missing, in the clear though they must be sealed, or cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        exam: str,
        sessions: Sequence[PaperSession],
        derive: Derive,
        *,
        plain_formals: bool,
    ) -> None:
        self._held: dict[PaperName, HeldPaper] = {}
        found: list[PaperFault] = []
        for file, name in _files(folder, found).items():
            if name is None or name.session not in {session.key for session in sessions}:
                continue
            if name in self._held:
                found.append(PaperFault(file, _TWICE))
            elif file.endswith(SEALED_SUFFIX):
                self._add_sealed(folder / file, exam, name, found)
            elif name.kind == FORMAL and not plain_formals:
                found.append(PaperFault(file, _IN_THE_CLEAR))
            else:
                self._add_plain(folder / file, exam, name, derive, found)
        named = {fault.file.partition(".")[0] for fault in found}
        found += [
            PaperFault(f"{session}.toml", _ABSENT)
            for session in sessions
            if not self.variants(*session.key) and str(session) not in named
        ]
        if found:
            raise PapersFaulty(folder=folder.name, count=len(found), faults=faults.join(found))

    @property
    def with_holders(self) -> list[HeldPaper]:
        """The papers whose keys holders release."""
        return [paper for paper in self._held.values() if paper.file is not None]

    def variants(self, kind: str, position: int) -> tuple[str, ...]:
        """The variants of a session's paper, in order, without the spare."""
        names = [name for name in self._held if name.session == (kind, position)]
        return tuple(sorted(name.variant for name in names if name.variant != SPARE))

    def find(self, name: PaperName) -> HeldPaper | None:
        """The paper of that name; None where there is none."""
        return self._held.get(name)

    def _add_sealed(self, path: Path, exam: str, name: PaperName, found: list[PaperFault]) -> None:
        try:
            file = sealed_files.read_sealed(path, exam, name)
        except SealedPaperBroken as error:
            found.append(PaperFault(path.name, error.cause_text))
        else:
            self._held[name] = HeldPaper(file.paper, file=file)

    def _add_plain(
        self, path: Path, exam: str, name: PaperName, derive: Derive, found: list[PaperFault]
    ) -> None:
        paper, its_faults = reading.read_paper(path, name)
        found += its_faults
        if paper is not None:
            self._held[name] = HeldPaper(*boxes.seal_by_room(exam, name, paper.content, derive))


_TWICE = Text("another file is the same paper: keep one of them", "与另一个文件是同一份试卷，只保留一个")
_ABSENT = Text("the session has no paper: write or seal one", "该场次没有试卷，请补上")
_IN_THE_CLEAR = Text(
    "a formal paper must be sealed: run `oneseat paper seal`, and start the room on what it writes",
    "正式试卷必须密封：请运行 `oneseat paper seal`，并用其生成的文件夹启动考场",
)


def _files(folder: Path, found: list[PaperFault]) -> dict[str, PaperName | None]:
    try:
        return reading.files_of(folder)
    except OSError as error:
        reason = system_reason(error)
        found.append(
            PaperFault(folder.name, Text(f"cannot be read: {reason.en}", f"无法读取（{reason.zh}）"))
        )
        return {}


@functools.lru_cache(maxsize=64)
def opened(paper: SealedPaper, key: bytes) -> Mapping[str, Any]:
    """A paper opened with its key, kept for the next call.

    Raises:
        BoxBroken: the key is another paper's.
    """
    return paper.open(key)
