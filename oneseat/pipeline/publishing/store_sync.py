"""Syncs the store's objects with a release: merge-compares sorted names, uploads in parallel.

Per seat the store holds nothing (the portal composes from the licence in the state), a
tail of a few KiB, or the whole installer. Names contain the content's hash, so comparing
names is enough, and a process that was killed resumes with what is missing.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.publishing.errors import ObjectsMissing
from oneseat.pipeline.workers.pool import SERIAL, ChunkLost, WorkerOptions, worker_pool
from oneseat.state.database import Database
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import SeatToken
from oneseat.store import (
    SharedPrefix,
    Store,
    base_name,
    installer_folder,
    installer_name,
    open_store,
    tail_folder,
    tail_name,
)
from oneseat.store.errors import ObjectDiffers
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper

CONNECTIONS = 16
"""How many requests are under way at a time, by default."""

_SEATS_PER_PAGE = 1000
_SEATS_PER_CHUNK = 64
"""Seats in a worker's chunk: few enough that all workers end at about the same time."""


class Form(StrEnum):
    """What the store holds for each seat: nothing, a tail, or a whole installer."""

    LICENCES = "licences"
    TAILS = "tails"
    WHOLE = "whole"


@dataclass(frozen=True)
class Wanted:
    """An object that a release needs: its name, and the seat's licence that goes into it."""

    name: str
    seat: SeatToken


@dataclass(frozen=True)
class Missing:
    """An object that the store lacks."""

    wanted: Wanted

    @property
    def line(self) -> str:
        """The object in a list of differences."""
        return f"+ {self.wanted.name}"


@dataclass(frozen=True)
class Kept:
    """An object that the store has already."""

    wanted: Wanted


@dataclass(frozen=True)
class Surplus:
    """An object in the store that the release does not need."""

    name: str

    @property
    def line(self) -> str:
        """The object in a list of differences."""
        return f"- {self.name}"


Difference = Missing | Kept | Surplus


@dataclass(frozen=True)
class SyncResult:
    """The result of a sync: how many objects were uploaded, were there already, and are surplus."""

    form: str
    put: int
    kept: int
    surplus: int

    def plus(self, other: SyncResult) -> SyncResult:
        """Add the counts of another set of objects of the same form."""
        put, kept = self.put + other.put, self.kept + other.kept
        return SyncResult(self.form, put, kept, self.surplus + other.surplus)


def differences(wanted: Iterable[Wanted], stored: Iterable[str]) -> Iterator[Difference]:
    """Merge two lists that are sorted by name into what is missing, kept and surplus."""
    names = iter(stored)
    name = next(names, None)
    for item in wanted:
        while name is not None and name < item.name:
            yield Surplus(name)
            name = next(names, None)
        if name == item.name:
            yield Kept(item)
            name = next(names, None)
        else:
            yield Missing(item)
    if name is not None:
        yield Surplus(name)
        yield from map(Surplus, names)


@dataclass(frozen=True)
class SyncOptions:
    """How to sync: which objects, by which workers, over how many connections."""

    form: Form = Form.LICENCES
    workers: WorkerOptions = SERIAL
    connections: int = CONNECTIONS
    on_progress: OnProgress = ignore


@dataclass(frozen=True)
class ObjectSet:
    """A release's objects of one form: the exam and edition, and the base that they are made from."""

    exam: str
    edition_id: int
    form: Form
    base: Path
    manifest: Manifest
    seats: int | None = None
    beside: int | None = None
    """The installer's edition that a phone's objects go with, so that seats left out of it get none."""

    @property
    def folder(self) -> str:
        """The prefix of these objects' names."""
        folder = tail_folder if self.form is Form.TAILS else installer_folder
        return folder(self.exam, self.manifest.artefact)

    def name(self, jti: str, sha256: str) -> str:
        """Make the name of a seat's object, with the SHA-256 of its whole file."""
        name = tail_name if self.form is Form.TAILS else installer_name
        return name(self.exam, jti, sha256, self.manifest.artefact)

    def wanted(self, database: Database, stamper: Stamper) -> Iterator[Wanted]:
        """List every object that the release needs, sorted by name, reading a page of seats at a time."""
        after = ""
        while True:
            with database.reading() as connection:
                seats = releases.seat_tokens(
                    connection, self.exam, self.edition_id, after, _SEATS_PER_PAGE, self.beside
                )
            for seat in seats:
                sha256 = stamper.sha256(stamper.tail(seat.token.encode("ascii")))
                yield Wanted(self.name(seat.jti, sha256), seat)
            if len(seats) < _SEATS_PER_PAGE:
                return
            after = seats[-1].jti

    def differences(
        self, database: Database, store: Store, stamper: Stamper, only: Form | None = None
    ) -> Iterator[Difference]:
        """Compare the store with what the release needs, in objects of this form.

        ``only`` is the form of the release: of any other form it needs no objects.
        """
        wanted = self.wanted(database, stamper) if only in (None, self.form) else ()
        return differences(wanted, store.names(self.folder))


def sync_objects(
    objects: ObjectSet, options: SyncOptions, database: Database, store: Store, stamper: Stamper
) -> SyncResult:
    """Upload the objects that the store lacks.

    After a refusal of the store, the next call resumes with what is missing.

    Raises:
        ObjectsMissing: names are taken by other content, or the workers died.
        StoreUnavailable: the store does not answer.
        StoreBusy: the store still throttles requests after all retries.
        StoreFull: the store has no space left.
        CredentialsRefused: the store does not accept the credentials.
    """
    store.sweep(objects.folder)
    counts = _SyncCounts(options.on_progress, objects.seats)
    missing = counts.missing(objects.differences(database, store, stamper))
    chunks = iter(lambda: tuple(islice(missing, _SEATS_PER_CHUNK)), ())
    # Connections are shared out among the workers.
    each = max(1, options.connections // max(1, options.workers.processes))
    put = partial(upload_chunk, UploadTarget.of(store, objects, each))
    with worker_pool(options.workers) as pool:
        for outcome in pool.map(put, chunks):
            if isinstance(outcome, ChunkLost):
                counts.failed(len(outcome.chunk), "a worker died")
            else:
                counts.put(len(outcome.chunk) - len(outcome.result))
                for name in outcome.result:
                    counts.failed(1, f"{ObjectDiffers(name=name).code} {name}")
    if counts.faults:
        raise ObjectsMissing(count=counts.faults, first=counts.first)
    return SyncResult(str(objects.form), counts.done, counts.kept, counts.surplus)


@dataclass
class _SyncCounts:
    """Counts a sync's objects, and reports progress."""

    on_progress: OnProgress
    total: int | None
    done: int = 0
    kept: int = 0
    surplus: int = 0
    faults: int = 0
    first: str = ""

    def missing(self, differences: Iterable[Difference]) -> Iterator[Wanted]:
        """Count what is kept and surplus, and pass on what is missing."""
        for item in differences:
            if isinstance(item, Missing):
                yield item.wanted
            elif isinstance(item, Kept):
                self.kept += 1
            else:
                self.surplus += 1

    def put(self, count: int) -> None:
        """Count uploads, and report progress."""
        self.done += count
        self.on_progress(Progress(self.done + self.kept, self.faults, self.total))

    def failed(self, count: int, reason: str) -> None:
        """Count failed uploads, and keep the first reason."""
        self.faults += count
        self.first = self.first or reason


@dataclass(frozen=True)
class UploadTarget:
    """What a worker needs to upload objects: the store's address, and the base that they are made from."""

    store: str
    form: Form
    base: Path
    manifest: bytes
    connections: int

    @classmethod
    def of(cls, store: Store, objects: ObjectSet, connections: int) -> UploadTarget:
        """Make the target of a set of objects, for workers with so many connections each."""
        return cls(store.url, objects.form, objects.base, objects.manifest.to_json(), connections)


def upload_chunk(target: UploadTarget, chunk: tuple[Wanted, ...]) -> tuple[str, ...]:
    """In a worker: upload a chunk's objects; return the names that are taken by other content.

    Where one fails, those that have begun end first: the next run aborts uploads that are open in the store,
    and must not meet one that is about to be completed.
    """
    uploader = _uploader(target)
    uploads = [uploader.threads.submit(uploader.put, wanted) for wanted in chunk]
    try:
        wait(uploads, return_when=FIRST_EXCEPTION)
    finally:
        for upload in uploads:
            upload.cancel()
        wait(uploads)
    outcomes = (upload.result() for upload in uploads)
    return tuple(name for name in outcomes if name is not None)


@dataclass(frozen=True)
class _Uploader:
    """A worker's store, threads and base, cached between its chunks."""

    target: UploadTarget
    store: Store
    stamper: Stamper
    threads: ThreadPoolExecutor
    heads: list[SharedPrefix] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, wanted: Wanted) -> str | None:
        """Upload one object; return its name if that is taken by other content."""
        tail = self.stamper.tail(wanted.seat.token.encode("ascii"))
        try:
            _PUT[self.target.form](self, wanted.name, tail)
        except ObjectDiffers:
            return wanted.name
        return None

    def put_tail(self, name: str, tail: bytes) -> None:
        """Upload a tail."""
        self.store.put_bytes(name, tail, hashlib.sha256(tail).hexdigest(), skip_exists_check=True)

    def put_whole(self, name: str, tail: bytes) -> None:
        """Compose a whole installer in the store, from the base there and the tail."""
        self.store.compose(name, self.head(), tail, self.stamper.sha256(tail), skip_exists_check=True)

    def head(self) -> SharedPrefix:
        """Return the base's shared prefix, made once for all threads."""
        with self.lock:
            if not self.heads:
                manifest = self.stamper.manifest
                name = base_name(manifest.base_sha256, manifest.artefact)
                self.heads.append(SharedPrefix(name, self.stamper.base, self.stamper.prefix_bytes))
            return self.heads[0]


_PUT: dict[Form, Callable[[_Uploader, str, bytes], None]] = {
    Form.TAILS: _Uploader.put_tail,
    Form.WHOLE: _Uploader.put_whole,
}


@lru_cache(maxsize=2)
def _uploader(target: UploadTarget) -> _Uploader:
    stamper = Stamper(Manifest.from_json(target.manifest), target.base)
    threads = ThreadPoolExecutor(target.connections, thread_name_prefix="store")
    return _Uploader(target, open_store(target.store), stamper, threads)
