"""``verify --all``: checks every published batch, its licences and its files against the signed heads.

Heads: signature, chain, and the Merkle root of their lines. Lines: the licence that each
names, its signature and claims, and the SHA-256 of its installer. Folders: the same lines,
the head, bill of materials and provenance. Files that ``stamp --all`` wrote: every byte. A
fault is added to the result, and checking goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from oneseat.pipeline.base import provenance
from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.publishing.log import PHONE_PREFIX, Folder
from oneseat.pipeline.publishing.stamp_all import folder_for_base, open_stamper
from oneseat.pipeline.verifying.errors import NotInBatch
from oneseat.pipeline.verifying.inspect import size_and_sha256
from oneseat.pipeline.workers.faults import Fault, Faults, fault_from_error, fault_from_lost_worker
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.pipeline.workers.pool import SERIAL, ChunkDone, ChunkLost, WorkerOptions, worker_pool
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from oneseat.state.publishing.published_batches import LoggedLine, PublishedBatchRow
from signing.authority import merkle
from signing.authority.batch_log import SHOW, LogLine, TreeHead, head_hash
from signing.authority.errors import BaseChanged, BatchHeadInvalid, ProofInvalid
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

CHUNK = 500


class Entry(NamedTuple):
    """What a worker gets for each line: its bytes, its licence, and whether a stamped file may exist."""

    line: bytes
    token: str
    has_file: bool


Chunk = tuple[Entry, ...]


@dataclass(frozen=True)
class VerifyJob:
    """What a worker needs for all chunks of a batch, in plain values.

    ``folder`` holds stamped files; "" means that files are not checked.
    """

    exam: str
    base: str
    manifest: bytes
    licence_keys: Mapping[str, bytes]
    folder: str


@dataclass
class ChunkVerified:
    """How many licences and files of a chunk were checked, and their faults."""

    licences: int = 0
    files: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class VerifiedAll:
    """The result of ``verify --all``. ``faults`` holds the first of them, ``kinds`` counts all by code."""

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
    """Checks published batches against the charter, the state, the bases, and the exported folders."""

    charter: Charter
    database: Database
    bases: Iterable[Base]
    folder: Path
    workers: WorkerOptions = SERIAL

    def run(self, installers: Path | None, on_progress: OnProgress = ignore) -> VerifiedAll:
        """Verify every batch, and the stamped files below ``installers``.

        Raises:
            NotInBatch: no batch was published.
            Stopped: a signal such as Ctrl-C asked for it.
        """
        with self.database.reading() as connection:
            rows = published_batches.all_batches(connection, self.charter.exam)
        if not rows:
            raise NotInBatch(what=self.charter.exam)
        bases = {base.manifest.base_sha256: base for base in self.bases}
        verification = _Verification(self, installers, on_progress)
        before: PublishedBatchRow | None = None
        for row in rows:
            verification.batch(row, before, bases)
            before = row
        return verification.result(len(rows))


class _Verification:
    """One run: the Merkle tree, rebuilt line by line, and the faults so far."""

    def __init__(self, verifier: Verifier, installers: Path | None, on_progress: OnProgress) -> None:
        self._verifier = verifier
        self._installers = installers
        self._on_progress = on_progress
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
            self._faults.add([fault_from_error(where, refusal)])
            head = None
        folder = Folder(self._verifier.folder / f"{row.batch:04d}")
        self._lines(row, folder, self._find_bases(where, head, bases) if head else [])
        if head and (self._tree.size, self._tree.root) != (head.size, head.root_hash):
            wrong = ProofInvalid(
                reason=Text("the lines do not make the root that was signed", "由清单行算不出已签名的根")
            )
            self._faults.add([fault_from_error(where, wrong)])
        try:
            if folder.head_token() != row.token:
                raise BatchHeadInvalid(
                    what=Text("The batch head", "批次摘要"),
                    reason=Text("the folder's is another one", "目录中的摘要与数据库中的不同"),
                )
            if head:
                keys = self._verifier.charter.batch_keys_by_kid
                provenance.check(folder.path, keys, head.base)
                if head.phone:
                    provenance.check(folder.path, keys, head.phone, PHONE_PREFIX)
        except OneSeatError as refusal:
            self._faults.add([fault_from_error(where, refusal)])

    def _find_bases(self, where: str, head: TreeHead, bases: Mapping[str, Base]) -> list[Base]:
        """Find the bases that a head names, of installer and phone app; a missing one is a fault."""
        digests = [digest for digest in (head.base, head.phone) if digest]
        for digest in digests:
            if digest not in bases:
                short = digest[:16]
                lacks = Text(f"base {short} is not here", f"本机没有基础安装包 {short}")
                self._faults.add([fault_from_error(where, BaseChanged(what=lacks))])
        return [bases[digest] for digest in digests if digest in bases]

    def _head(self, row: PublishedBatchRow, before: PublishedBatchRow | None) -> TreeHead:
        head = TreeHead.verify(
            row.token, self._verifier.charter.batch_keys_by_kid, self._verifier.charter.exam
        )
        previous = (before.size, head_hash(before.token)) if before else (0, "")
        if (head.prev_size, head.prev_head) != previous or (head.batch, head.size) != (row.batch, row.size):
            raise BatchHeadInvalid(
                what=Text("The batch head", "批次摘要"),
                reason=Text("it does not follow the one before", "与前一个摘要不相衔接"),
            )
        return head

    def _lines(self, row: PublishedBatchRow, folder: Folder, bases: Sequence[Base]) -> None:
        jobs = {base.manifest.artefact: self._job(base) for base in bases}
        with stoppable() as stop, worker_pool(self._verifier.workers) as pool:
            chunks = self._chunks(row, folder)
            if not jobs:  # the lines still have to go into the tree
                for _ in chunks:
                    pass
                return
            for outcome in pool.map(partial(verify_chunk, jobs), chunks):
                done = outcome.result if isinstance(outcome, ChunkDone) else _lost_chunk(outcome)
                self._licences += done.licences
                self._files += done.files
                self._faults.add(done.faults)
                self._on_progress(Progress(self._licences, self._faults.count))
                if stop.asked:
                    raise stop.stopped(self._licences)

    def _job(self, base: Base) -> VerifyJob:
        folder = "" if self._installers is None else str(folder_for_base(self._installers, base.manifest))
        charter = self._verifier.charter
        keys = dict(charter.keys_for("licence"))
        return VerifyJob(charter.exam, str(base.path), base.manifest.to_json(), keys, folder)

    def _chunks(self, row: PublishedBatchRow, folder: Folder) -> Iterator[Chunk]:
        """Read the state's lines and licences, add the lines to the tree, and compare them with the copy."""
        exam, start = self._verifier.charter.exam, row.start
        copy: Iterator[bytes] | None = folder.lines()
        while start < row.size:
            with self._verifier.database.reading() as connection:
                listed = published_batches.read_lines(connection, exam, start, min(CHUNK, row.size - start))
                entries = [
                    Entry(item.line.to_bytes(), item.token, self._may_have_file(connection, item))
                    for item in listed
                ]
            if not listed:
                break  # lines are missing; the root will differ
            for entry in entries:
                self._tree.add(merkle.leaf_hash(entry.line))
            copy = self._compare_copy(row, copy, entries)
            start = listed[-1].position + 1
            yield tuple(entries)
        self._compare_copy(row, copy, [], ended=True)

    def _may_have_file(self, connection: Connection, item: LoggedLine) -> bool:
        """Whether it is its artefact's newest line: only the newest licence is stamped into a file."""
        if self._installers is None:
            return False
        exam, line = self._verifier.charter.exam, item.line
        newest = published_batches.newest_position(connection, exam, line.jti, line.artefact)
        return newest == item.position

    def _compare_copy(
        self,
        row: PublishedBatchRow,
        copy: Iterator[bytes] | None,
        entries: list[Entry],
        *,
        ended: bool = False,
    ) -> Iterator[bytes] | None:
        """Compare entries with the folder's next lines; return None after the first difference."""
        if copy is None:
            return None
        try:
            same = all(next(copy, None) == entry.line for entry in entries)
            if same and not (ended and next(copy, None) is not None):
                return copy
        except BatchHeadInvalid as refusal:
            self._faults.add([fault_from_error(f"published batch {row.batch}", refusal)])
            return None
        self._add_difference(row)
        return None

    def _add_difference(self, row: PublishedBatchRow) -> None:
        wrong = BatchHeadInvalid(
            what=Text("The manifest", "批次清单"),
            reason=Text("the folder's lines differ from the state's", "目录中的清单行与状态数据库不一致"),
        )
        self._faults.add([fault_from_error(f"published batch {row.batch}", wrong)])

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


def verify_chunk(jobs: Mapping[str, VerifyJob], chunk: Chunk) -> ChunkVerified:
    """In a worker: check a chunk's licences and files against its lines, by artefact.

    Lines of an artefact whose base is not here are passed over: that fault is of the batch.
    """
    done = ChunkVerified()
    for entry in chunk:
        line = LogLine.from_bytes(entry.line)
        job = jobs.get(line.artefact)
        if line.act != SHOW or job is None:
            continue
        try:
            _check_licence(job, line, entry.token)
            done.licences += 1
            done.files += _check_file(job, line) if entry.has_file else 0
        except OneSeatError as refusal:
            done.faults.append(fault_from_error(line.jti, refusal))
    return done


def _check_licence(job: VerifyJob, line: LogLine, token: str) -> None:
    if not token:
        raise BatchHeadInvalid(
            what=Text("The licence", "许可"),
            reason=Text(
                "the state has none with the digest that is listed", "状态数据库中没有与所列摘要相符的许可"
            ),
        )
    stamper = open_stamper(job.base, job.manifest)
    licence, manifest = stamper.container.licence.verify(token, job.licence_keys), stamper.manifest
    licence.check_base(manifest.authenticode_sha256)
    if (licence.jti, licence.exam, licence.build) != (line.jti, job.exam, manifest.build):
        raise BatchHeadInvalid(
            what=Text("The licence", "许可"),
            reason=Text("its claims are not those of its line", "其内容与清单行不符"),
        )
    sha256 = stamper.sha256(stamper.tail(token.encode("ascii")))
    if (line.size, line.sha256) != (manifest.size, sha256):
        raise BatchHeadInvalid(
            what=Text("The manifest line", "清单行"),
            reason=Text("it is of another installer", "它属于另一个安装包"),
        )


def _check_file(job: VerifyJob, line: LogLine) -> int:
    """Check a stamped file against its line; return how many files there were, 1 or 0."""
    container = open_stamper(job.base, job.manifest).container
    path = Path(job.folder) / f"{line.jti}{container.suffix}"
    if not path.is_file():
        return 0
    if size_and_sha256(path) != (line.size, line.sha256):
        raise BaseChanged(
            what=Text(f"{path.name} is not the installer that is listed", f"{path.name} 不是清单所列的安装包")
        )
    return 1


def _lost_chunk(outcome: ChunkLost[Chunk]) -> ChunkVerified:
    return ChunkVerified(
        faults=[fault_from_lost_worker(LogLine.from_bytes(entry.line).jti) for entry in outcome.chunk]
    )
