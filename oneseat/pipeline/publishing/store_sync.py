"""What a store holds for each seat, brought to what a release needs: compared in order, put by many hands.

Per seat there may be nothing (the state holds the licence, and the portal composes), a
tail of a few KiB, or the whole installer. Names say what they hold, so what a store lacks
is seen from its list of names, and a run that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.publishing.errors import ObjectsMissing
from oneseat.pipeline.workers.pool import SERIAL, Lost, Workers, crew
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
"""How many requests are under way at a time, unless told otherwise."""

_SEATS_READ = 1000
_SEATS_SENT = 64
"""Seats to a chunk: few enough that a worker's last ones do not keep others waiting."""


class Form(StrEnum):
    """What the store holds for each seat."""

    LICENCES = "licences"
    TAILS = "tails"
    WHOLE = "whole"


@dataclass(frozen=True)
class Wanted:
    """An object that a release needs: its name, and the licence that goes into it."""

    name: str
    seat: SeatToken


@dataclass(frozen=True)
class Missing:
    """An object that the store lacks."""

    wanted: Wanted

    @property
    def shown(self) -> str:
        """As a list of differences has it."""
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
    def shown(self) -> str:
        """As a list of differences has it."""
        return f"- {self.name}"


Difference = Missing | Kept | Surplus


@dataclass(frozen=True)
class Placed:
    """What was done in the store for each seat: objects put, found there, and not needed (any more)."""

    form: str
    put: int
    kept: int
    surplus: int


def differences(wanted: Iterable[Wanted], held: Iterable[str]) -> Iterator[Difference]:
    """What is missing, kept and surplus, in order of names. Both lists must be in that order."""
    names = iter(held)
    name = next(names, None)
    for one in wanted:
        while name is not None and name < one.name:
            yield Surplus(name)
            name = next(names, None)
        if name == one.name:
            yield Kept(one)
            name = next(names, None)
        else:
            yield Missing(one)
    if name is not None:
        yield Surplus(name)
        yield from map(Surplus, names)


@dataclass(frozen=True)
class Placing:
    """How a release is placed in the store: in which form, by which workers, over how many connections."""

    form: Form = Form.LICENCES
    workers: Workers = SERIAL
    connections: int = CONNECTIONS
    on_placed: OnProgress = ignore


@dataclass(frozen=True)
class Lot:
    """A release's objects of one form: which exam's and edition's, and the base that they are made of."""

    exam: str
    edition_id: int
    form: Form
    base: Path
    manifest: Manifest
    seats: int | None = None

    @property
    def folder(self) -> str:
        """What the names of these objects begin with."""
        return tail_folder(self.exam) if self.form is Form.TAILS else installer_folder(self.exam)

    def name(self, jti: str, sha256: str) -> str:
        """The name of a seat's object, by the SHA-256 of its installer."""
        return (tail_name if self.form is Form.TAILS else installer_name)(self.exam, jti, sha256)

    def wanted(self, database: Database, stamper: Stamper) -> Iterator[Wanted]:
        """Every object that the release needs, in order of names, a page of seats at a time."""
        after = ""
        while True:
            with database.reading() as connection:
                seats = releases.seat_tokens(connection, self.exam, self.edition_id, after, _SEATS_READ)
            for seat in seats:
                sha256 = stamper.sha256(stamper.tail(seat.token.encode("ascii")))
                yield Wanted(self.name(seat.jti, sha256), seat)
            if len(seats) < _SEATS_READ:
                return
            after = seats[-1].jti

    def differences(
        self, database: Database, store: Store, stamper: Stamper, only: Form | None = None
    ) -> Iterator[Difference]:
        """How the store differs from what the release needs, in objects of this form.

        With ``only``, a release in that form: it needs no objects of another.
        """
        wanted = self.wanted(database, stamper) if only in (None, self.form) else ()
        return differences(wanted, store.names(self.folder))


def place(lot: Lot, placing: Placing, database: Database, store: Store, stamper: Stamper) -> Placed:
    """Put what the store lacks of a lot; what is there already is left alone.

    Raises:
        ObjectsMissing: objects could not be put because their names are taken, or their workers died.
        StoreUnavailable, StoreBusy, StoreFull, CredentialsRefused: as their names say; run it again to go on.
    """
    store.sweep(lot.folder)
    tally = _Tally(placing.on_placed, lot.seats)
    missing = tally.missing(lot.differences(database, store, stamper))
    chunks = iter(lambda: tuple(islice(missing, _SEATS_SENT)), ())
    each = max(1, placing.connections // max(1, placing.workers.processes))
    put = partial(put_chunk, Target.of(store, lot, each))
    with crew(placing.workers) as hands:
        for answer in hands.map(put, chunks):
            if isinstance(answer, Lost):
                tally.failed(len(answer.chunk), "a worker died")
            else:
                tally.put(len(answer.chunk) - len(answer.result))
                for name in answer.result:
                    tally.failed(1, f"{ObjectDiffers(name=name).code} {name}")
    if tally.faults:
        raise ObjectsMissing(count=tally.faults, first=tally.first)
    return Placed(str(lot.form), tally.done, tally.kept, tally.surplus)


@dataclass
class _Tally:
    """What became of a lot's objects so far."""

    on_placed: OnProgress
    total: int | None
    done: int = 0
    kept: int = 0
    surplus: int = 0
    faults: int = 0
    first: str = ""

    def missing(self, found: Iterable[Difference]) -> Iterator[Wanted]:
        """Count what is kept and surplus, and pass on what is missing."""
        for one in found:
            if isinstance(one, Missing):
                yield one.wanted
            elif isinstance(one, Kept):
                self.kept += 1
            else:
                self.surplus += 1

    def put(self, count: int) -> None:
        """So many more were put."""
        self.done += count
        self.on_placed(Progress(self.done + self.kept, self.faults, self.total))

    def failed(self, count: int, reason: str) -> None:
        """So many more could not be put."""
        self.faults += count
        self.first = self.first or reason


@dataclass(frozen=True)
class Target:
    """What a worker must know to put objects: the store's address, and what they are made of."""

    store: str
    form: Form
    base: Path
    manifest: bytes
    connections: int

    @classmethod
    def of(cls, store: Store, lot: Lot, connections: int) -> Target:
        """Where a lot goes, over so many connections of each worker."""
        return cls(store.url, lot.form, lot.base, lot.manifest.to_json(), connections)


def put_chunk(target: Target, chunk: tuple[Wanted, ...]) -> tuple[str, ...]:
    """In a worker: put the objects of a chunk; the names that are taken by other content."""
    bench = _bench(target)
    outcomes = bench.threads.map(bench.put, chunk)
    return tuple(name for name in outcomes if name is not None)


@dataclass(frozen=True)
class _Bench:
    """A worker's own store, threads and base."""

    target: Target
    store: Store
    stamper: Stamper
    threads: ThreadPoolExecutor
    heads: list[SharedPrefix] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, wanted: Wanted) -> str | None:
        """Put one object; its name, if that is taken by other content."""
        tail = self.stamper.tail(wanted.seat.token.encode("ascii"))
        try:
            _PUT[self.target.form](self, wanted.name, tail)
        except ObjectDiffers:
            return wanted.name
        return None

    def put_tail(self, name: str, tail: bytes) -> None:
        """Put a tail as an object of its own."""
        self.store.put_bytes(name, tail, hashlib.sha256(tail).hexdigest(), skip_exists_check=True)

    def put_whole(self, name: str, tail: bytes) -> None:
        """Put a whole installer."""
        self.store.compose(name, self.head(), tail, self.stamper.sha256(tail), skip_exists_check=True)

    def head(self) -> SharedPrefix:
        """The base's head, read once."""
        with self.lock:
            if not self.heads:
                name = base_name(self.stamper.manifest.base_sha256)
                self.heads.append(SharedPrefix(name, self.stamper.base, self.stamper.head_bytes))
            return self.heads[0]


_PUT: dict[Form, Callable[[_Bench, str, bytes], None]] = {
    Form.TAILS: _Bench.put_tail,
    Form.WHOLE: _Bench.put_whole,
}


@lru_cache(maxsize=2)
def _bench(target: Target) -> _Bench:
    stamper = Stamper(Manifest.from_json(target.manifest), target.base)
    threads = ThreadPoolExecutor(target.connections, thread_name_prefix="store")
    return _Bench(target, open_store(target.store), stamper, threads)
