"""A small exam with real keys and a real signed base, for tests of what a release engineer runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.model import Exam, ExamRoom, load
from oneseat.pipeline.issuing.issuer import Issued, Issuer
from oneseat.pipeline.publishing.log import BatchLog
from oneseat.pipeline.publishing.publisher import Published, Publisher
from oneseat.pipeline.publishing.withdraw import Withdrawer
from oneseat.pipeline.roster import sample, write_sample
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.workers.pool import SERIAL, WorkerOptions
from oneseat.state.database import Database
from oneseat.store import FolderStore, Store
from signing.authority.keys import AUTHORITY, PORTAL, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import FixedClock

PASSPHRASE = b"only for tests"
BUILD = "b" * 64
NOW = datetime(2035, 1, 2, 2, 0, tzinfo=UTC)
DEMO = load(Path(__file__).parents[2] / "exams" / "demo.toml")
EXAM = DEMO.model_copy(update={"exam_room": ExamRoom(url="https://room.example/enter")})
"""The demonstration's exam with a third party's room: the workspaces here have no ring for an own one."""
MANIFEST = Manifest(
    exam="demo",
    build=BUILD,
    base_sha256="a" * 64,
    size=10_000,
    region_offset=1000,
    region_size=8188,
    region_sum=1,
    authenticode_sha256="c" * 64,
    development_certificate=True,
    rehearsal=False,
    file_name="base.exe",
    stages={},
)


class OpenRing(KeyRing):
    """A ring that caches its opened keys: deriving one takes a tenth of a second, on purpose."""

    signer = lru_cache(KeyRing.signer)
    secret = lru_cache(KeyRing.secret)

    __hash__ = object.__hash__


@dataclass(frozen=True)
class Rings:
    """Both rings, made once for a test run."""

    authority: KeyRing
    portal: KeyRing

    @classmethod
    def make(cls, folder: Path) -> Rings:
        authority = OpenRing.create(folder / "authority", PASSPHRASE, AUTHORITY, NOW)
        shared = {name: authority.secret(name) for name in ("delivery", "pepper")}
        portal = OpenRing.create(folder / "portal", PASSPHRASE, PORTAL, NOW, shared=shared)
        return cls(authority, portal)

    def for_processes(self) -> dict[str, str]:
        """What tells a process of a test where the authority's ring is, and how it opens."""
        return {"RINGS": str(self.authority.folder), "PASSPHRASE": PASSPHRASE.decode()}

    @property
    def root_public_key(self) -> bytes:
        return self.authority.signer("root").public_key


class ExamWorkspace:
    """Everything to issue and publish one exam: a folder with state and store, key rings, a fixed clock."""

    def __init__(self, folder: Path, rings: Rings, manifest: Manifest = MANIFEST, exam: Exam = EXAM) -> None:
        self.folder = folder
        self.rings = rings
        self.manifest = manifest
        self.exam = exam
        self.clock = FixedClock(NOW)
        self.database = Database.create(folder / "state.db")
        self.store: Store = FolderStore(folder / "store")
        self.charters = folder / "charters"
        self.log = BatchLog(exam.id, rings.authority, self.database, folder / "batches")

    def sign(
        self,
        *builds: str,
        exam: Exam | None = None,
        version: int | None = None,
        in_force: int | None = None,
    ) -> charters.SignedCharter:
        keys = charters.public_keys(self.rings.authority.folder, self.rings.portal.folder)
        root = self.rings.authority.signer("root")
        return charters.sign(
            exam or self.exam,
            self.charters,
            root,
            keys,
            builds or (BUILD,),
            self.clock,
            version=version,
            in_force=in_force,
        )

    @property
    def batch_keys(self) -> dict[str, bytes]:
        """The batch key as a charter lists it."""
        entry = self.rings.authority.entry("batch")
        return {entry.kid: entry.public_key}

    def roster(self, people: Sequence[Person], name: str = "roster.csv") -> Path:
        write_sample(self.folder / name, iter(people))
        return self.folder / name

    def issuer(
        self, manifest: Manifest | None = None, exam: Exam | None = None, workers: WorkerOptions = SERIAL
    ) -> Issuer:
        return Issuer(
            exam or self.exam,
            manifest or self.manifest,
            self.rings.authority,
            self.database,
            self.clock,
            workers,
        )

    def issue(self, people: Sequence[Person], manifest: Manifest | None = None) -> Issued:
        return self.issuer(manifest).issue(self.roster(people))

    @property
    def publisher(self) -> Publisher:
        return Publisher(
            self.exam, self.rings.root_public_key, self.database, self.store, self.clock, self.log
        )

    @property
    def withdrawer(self) -> Withdrawer:
        return Withdrawer(self.exam, self.rings.root_public_key, self.database, self.store, self.clock)

    def publish(self, base: Path, manifest: Manifest | None = None, **options: Any) -> Published:
        return self.publisher.publish(base, manifest or self.manifest, **options)

    def rows(self, *tables: str) -> dict[str, list[tuple[object, ...]]]:
        """Read all rows of tables, sorted."""
        with self.database.reading() as connection:
            return {
                table: sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}")))
                for table in tables
            }


def people(count: int, seed: int = 1) -> list[Person]:
    return list(sample(count, seed, EXAM))


def other_base(manifest: Manifest = MANIFEST, digit: str = "d") -> Manifest:
    return replace(manifest, authenticode_sha256=digit * 64)
