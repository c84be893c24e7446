"""An exam whose formal papers are sealed for three holders, and rooms on it that tests move by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from oneseat.room.app import RoomApp, create_app
from oneseat.room.papers import holders, sealing
from oneseat.room.papers.checking import check_folder
from oneseat.room.papers.holders import HolderKey
from oneseat.room.papers.sessions import sessions_of
from oneseat.room.services.papers.paper_holders import Progress, Release, find_papers
from oneseat.room.services.papers.paper_release import PaperReleases
from signing.clock import FixedClock
from signing.jws import b64url_encode
from tests.room.held_exam import EXAM, HeldExam, RoomKeys
from tests.room.papers.writing import choice, paper, spoken, typed

QUESTION = "请谈谈保密的试题"
RELEASE_S = 300


class SealedExam(HeldExam):
    """The exam with papers for all its sessions; ``folder`` of the room is what sealing wrote."""

    def __init__(self, folder: Path, keys: RoomKeys, state: str | None = None, **more: object) -> None:
        super().__init__(folder, keys, state, **more)  # type: ignore[arg-type]
        self.plain = folder / "plain"
        self.plain.mkdir()
        for name in ("mock-0", "mock-1"):
            self.write(name, paper(spoken("模拟"), choice("模拟")))
        self.write("formal-0", paper(spoken("保密的试题"), choice("甲"), typed("乙")))
        self.write("formal-0.spare", paper(spoken("备用的试题"), choice("备用")))
        self.holders = [self._holder(name) for name in ("wang", "li", "zhao")]
        self.seal("sealed")

    def write(self, name: str, text: str) -> None:
        """Write a paper in the clear."""
        (self.plain / f"{name}.toml").write_text(text, "utf-8")

    def seal(self, name: str) -> None:
        """Check and seal all papers into a folder, on which rooms start from now on."""
        checked = check_folder(self.plain, sessions_of(self.charter))
        assert checked.faults == [], checked.faults
        self.papers = self.folder / name
        held_by = [key.holder for key in self.holders]
        sealing.seal_folder(self.plain, self.papers, EXAM, checked.papers, held_by, RELEASE_S)

    def _holder(self, name: str) -> HolderKey:
        path = self.folder / f"{name}.key"
        holders.make_holder(path, name.encode())
        return holders.open_holder(path, name.encode())

    def process(self, clock: FixedClock) -> Process:
        """Start a process of the room that listens nowhere."""
        return Process(create_app(self.settings(paper_interval_s=0), clock))

    def release(self, holder: int, now: datetime, *, spare: bool = False) -> None:
        """A holder's command sends the share."""
        self.releasing(spare=spare).send(self.holders[holder], now)

    def releasing(self, *, spare: bool = False) -> Release:
        root = b64url_encode(self.keys.authority.signer("root").public_key)
        files = find_papers(self.papers, EXAM, "formal-0", spare=spare)
        return Release(self.database, EXAM, root, files)

    def progress(self, now: datetime) -> Progress:
        """What a holder's command says."""
        return self.releasing().progress(now)


@dataclass
class Process:
    """A process of the room; :meth:`round` is what its thread does each second."""

    app: RoomApp
    releases: PaperReleases = field(init=False)

    def __post_init__(self) -> None:
        self.releases = self.app.state.releases

    def round(self) -> Process:
        self.releases.one_round()
        return self

    @property
    def unlocked(self) -> set[str]:
        """The papers whose keys this process has."""
        room = self.app.state.room
        return {
            str(each.name) for each in room.papers.with_holders if room.unlocked.get(each.digest) is not None
        }

    def kill(self) -> None:
        """End it: what was in its memory alone is gone."""
        self.app.state.room.close()
