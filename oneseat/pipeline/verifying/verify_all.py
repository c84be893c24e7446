"""Everything that was ever published, held against what was signed: ``verify --all``.

Heads: signature, chain, and the root that their lines make. Lines: the licence that each
names, its signature and claims, and the SHA-256 of the installer that it makes of the
base. Folders: the same lines, the head, bill of materials and provenance. Files that
``stamp --all`` wrote: every byte. A fault is told and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from oneseat.pipeline.base import provenance
from oneseat.pipeline.base.builder import Base
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.publishing.log import Folder
from oneseat.pipeline.publishing.stamp_all import folder_of, opened
from oneseat.pipeline.verifying.errors import NotInBatch
from oneseat.pipeline.verifying.inspect import measured
from oneseat.pipeline.workers.faults import Fault, Faults, of_error, of_lost
from oneseat.pipeline.workers.interrupts import Stopped, stoppable
from oneseat.pipeline.workers.pool import SERIAL, Done, Lost, Workers, crew
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from oneseat.state.publishing.published_batches import LoggedLine, PublishedBatchRow
from signing.authority import merkle
from signing.authority.batch_log import SHOW, Line, TreeHead, head_hash
from signing.authority.errors import BaseChanged, BatchHeadInvalid, ProofInvalid
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.tokens import Licence

CHUNK = 500


class Entry(NamedTuple):
    """What a worker is sent of a line: the licence that it names, and whether a file of it may lie about."""

    line: bytes
    token: str
    has_file: bool


Chunk = tuple[Entry, ...]


@dataclass(frozen=True)
class Order:
    """What a batch's lines are held against, in plain values: it goes to workers.

    ``folder`` holds stamped files, "" where none are looked at.
    """

    exam: str
    base: str
    manifest: bytes
    licence_keys: Mapping[str, bytes]
    folder: str


@dataclass
class Verified:
    """What was looked at of a chunk."""

    licences: int = 0
    files: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class VerifiedAll:
    """What ``verify --all`` found. ``faults`` are the first of them, ``kinds`` counts all by code."""

    published_batches: int
    lines: int
    licences: int
    files: int
    size: int
    root: str
    faulty: int
    faults: list[Fault]
    kinds: dict[str, int]


@dataclass(frozen=True)
class Verifier:
    """What published batches are held against: the charter, the state, the bases, and the folders."""

    charter: Charter
    database: Database
    bases: Iterable[Base]
    folder: Path
    workers: Workers = SERIAL

    def run(self, installers: Path | None, on_progress: OnProgress = ignore) -> VerifiedAll:
        """Verify every batch, and the stamped files below ``installers``.

        Raises:
            NotInBatch: nothing was published with a batch.
            Stopped: somebody asked to stop.
        """
        with self.database.reading() as connection:
            rows = published_batches.all_batches(connection, self.charter.exam)
        if not rows:
            raise NotInBatch(what=self.charter.exam)
        bases = {base.manifest.base_sha256: base for base in self.bases}
        round_ = _Round(self, installers, on_progress)
        before: PublishedBatchRow | None = None
        for row in rows:
            round_.batch(row, before, bases)
            before = row
        return round_.result(len(rows))


class _Round:
    """One run: the tree as it grows, and what was found."""

    def __init__(self, verifier: Verifier, installers: Path | None, on_progress: OnProgress) -> None:
        self._of = verifier
        self._installers = installers
        self._tell = on_progress
        self._tree = merkle.Frontier()
        self._faults = Faults()
        self._licences = self._files = 0

    def batch(
        self, row: PublishedBatchRow, before: PublishedBatchRow | None, bases: Mapping[str, Base]
    ) -> None:
        where = f"published batch {row.batch}"
        try:
            head = self._head(row, before)
        except OneSeatError as refusal:
            self._faults.add([of_error(where, refusal)])
            head = None
        folder = Folder(self._of.folder / f"{row.batch:04d}")
        base = bases.get(head.base) if head else None
        if head and base is None:
            self._faults.add([of_error(where, BaseChanged(what=f"base {head.base[:16]} is not here"))])
        self._lines(row, folder, base)
        if head and (self._tree.size, self._tree.root) != (head.size, head.root_hash):
            wrong = ProofInvalid(reason="the lines do not make the root that was signed")
            self._faults.add([of_error(where, wrong)])
        try:
            if folder.head_token() != row.token:
                raise BatchHeadInvalid(what="The batch head", reason="the folder's is another one")
            if head:
                provenance.check(folder.path, self._of.charter.batch_keys_by_kid, head.base)
        except OneSeatError as refusal:
            self._faults.add([of_error(where, refusal)])

    def _head(self, row: PublishedBatchRow, before: PublishedBatchRow | None) -> TreeHead:
        head = TreeHead.verified(row.token, self._of.charter.batch_keys_by_kid, self._of.charter.exam)
        previous = (before.size, head_hash(before.token)) if before else (0, "")
        if (head.prev_size, head.prev_head) != previous or (head.batch, head.size) != (row.batch, row.size):
            raise BatchHeadInvalid(what="The batch head", reason="it does not follow the one before")
        return head

    def _lines(self, row: PublishedBatchRow, folder: Folder, base: Base | None) -> None:
        order = self._order(base) if base else None
        with stoppable() as stop, crew(self._of.workers) as workers:
            chunks = self._chunks(row, folder)
            if order is None:
                for _ in chunks:
                    pass
                return
            for answer in workers.map(partial(verify_chunk, order), chunks):
                done = answer.result if isinstance(answer, Done) else _lost(answer)
                self._licences += done.licences
                self._files += done.files
                self._faults.add(done.faults)
                self._tell(Progress(self._licences, self._faults.count))
                if stop.asked:
                    raise Stopped(self._licences)

    def _order(self, base: Base) -> Order:
        folder = "" if self._installers is None else str(folder_of(self._installers, base.manifest))
        charter = self._of.charter
        keys = dict(charter.keys_for("licence"))
        return Order(charter.exam, str(base.path), base.manifest.to_json(), keys, folder)

    def _chunks(self, row: PublishedBatchRow, folder: Folder) -> Iterator[Chunk]:
        """The state's lines with their licences, put into the tree and held against the folder's copy."""
        exam, start = self._of.charter.exam, row.start
        copied: Iterator[bytes] | None = folder.lines()
        while start < row.size:
            with self._of.database.reading() as connection:
                listed = published_batches.read_lines(connection, exam, start, min(CHUNK, row.size - start))
                entries = [
                    Entry(one.line.to_bytes(), one.token, self._may_have_file(connection, one))
                    for one in listed
                ]
            if not listed:
                break
            for entry in entries:
                self._tree.add(merkle.leaf_hash(entry.line))
            copied = self._same(row, copied, entries)
            start = listed[-1].position + 1
            yield tuple(entries)
        self._same(row, copied, [], ended=True)

    def _may_have_file(self, connection: Connection, one: LoggedLine) -> bool:
        """A file is stamped with a jti's newest licence; lines from before it are not about it any more."""
        if self._installers is None:
            return False
        newest = published_batches.newest_position(connection, self._of.charter.exam, one.line.jti)
        return newest == one.position

    def _same(
        self,
        row: PublishedBatchRow,
        copied: Iterator[bytes] | None,
        entries: list[Entry],
        *,
        ended: bool = False,
    ) -> Iterator[bytes] | None:
        """The rest of the folder's lines; none any more once one differed, which is told once."""
        if copied is None:
            return None
        try:
            same = all(next(copied, None) == entry.line for entry in entries)
            if same and not (ended and next(copied, None) is not None):
                return copied
        except BatchHeadInvalid as refusal:
            self._faults.add([of_error(f"published batch {row.batch}", refusal)])
            return None
        self._differs(row)
        return None

    def _differs(self, row: PublishedBatchRow) -> None:
        wrong = BatchHeadInvalid(what="The manifest", reason="the folder's lines differ from the state's")
        self._faults.add([of_error(f"published batch {row.batch}", wrong)])

    def result(self, count: int) -> VerifiedAll:
        return VerifiedAll(
            published_batches=count,
            lines=self._tree.size,
            licences=self._licences,
            files=self._files,
            size=self._tree.size,
            root=self._tree.root.hex(),
            faulty=self._faults.count,
            faults=self._faults.first,
            kinds=dict(self._faults.kinds),
        )


def verify_chunk(order: Order, chunk: Chunk) -> Verified:
    """In a worker: hold a chunk's licences and files against its lines."""
    done = Verified()
    for entry in chunk:
        line = Line.from_bytes(entry.line)
        if line.act != SHOW:
            continue
        try:
            _check_licence(order, line, entry.token)
            done.licences += 1
            done.files += _check_file(order, line) if entry.has_file else 0
        except OneSeatError as refusal:
            done.faults.append(of_error(line.jti, refusal))
    return done


def _check_licence(order: Order, line: Line, token: str) -> None:
    if not token:
        raise BatchHeadInvalid(what="The licence", reason="the state has none with the digest that is listed")
    stamper = opened(order.base, order.manifest)
    licence, manifest = Licence.verified(token, order.licence_keys), stamper.manifest
    licence.check_base(manifest.authenticode_sha256)
    if (licence.jti, licence.exam, licence.build) != (line.jti, order.exam, manifest.build):
        raise BatchHeadInvalid(what="The licence", reason="its claims are not those of its line")
    made = stamper.sha256(stamper.tail(token.encode("ascii")))
    if (line.size, line.sha256) != (manifest.size, made):
        raise BatchHeadInvalid(what="The manifest line", reason="it is of another installer")


def _check_file(order: Order, line: Line) -> int:
    """Hold a stamped file against its line; 1 when there is one."""
    path = Path(order.folder) / f"{line.jti}.exe"
    if not path.is_file():
        return 0
    if measured(path) != (line.size, line.sha256):
        raise BaseChanged(what=f"{path.name} is not the installer that is listed")
    return 1


def _lost(answer: Lost[Chunk]) -> Verified:
    return Verified(faults=[of_lost(Line.from_bytes(entry.line).jti) for entry in answer.chunk])
