"""Every candidate's installer to a file: ``stamp --all``.

Files lie in a folder named for their base and are named by jti. A file gets its name when
it is whole, so whatever has its name and its licence is left alone, and a run that was
stopped goes on where it was. One that cannot be written is told and stops nothing else.

What is flushed: nothing, unless asked for. A file can be made again at any time, and
waiting for the medium costs many times the copy; after a power cut ``verify --all``
tells which files are not whole. With ``durable`` each file is flushed before it is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from oneseat.files.atomic import sync_folder
from oneseat.pipeline.errors import OutputUnwritable
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.publishing.errors import NothingIssued
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.workers.faults import Fault, Faults, of_error, of_lost
from oneseat.pipeline.workers.interrupts import Stopped, stoppable
from oneseat.pipeline.workers.pool import SERIAL, Crew, Done, Lost, Workers, crew
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.publishing import published_batches
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError

CHUNK = 100
"""Files a chunk: half a second's work, so that Ctrl-C is heard and workers are kept busy."""

Chunk = tuple[tuple[str, str], ...]
"""What a worker is sent: jti and licence of each file."""


@dataclass(frozen=True)
class Order:
    """What all files of a run share, in plain values: it goes to workers."""

    base: str
    manifest: bytes
    folder: str
    durable: bool


@dataclass
class Stamped:
    """What became of one chunk's files."""

    written: int = 0
    kept: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class StampedAll:
    """What ``stamp --all`` did. ``faults`` are the first of them."""

    folder: Path
    base_sha256: str
    seats: int
    written: int
    kept: int
    faulty: int
    faults: list[Fault]


def folder_of(folder: Path, manifest: Manifest) -> Path:
    """Where the files of one base lie: another base's never stand among them."""
    return folder / manifest.base_sha256[:16]


@dataclass(frozen=True)
class Materialiser:
    """What writes an exam's installers: its state, one base, and workers."""

    exam: Exam
    database: Database
    base: Path
    manifest: Manifest
    workers: Workers = SERIAL

    def run(self, folder: Path, *, durable: bool = False, on_progress: OnProgress = ignore) -> StampedAll:
        """Write the file of every seat whose newest licence is for the base, published or not.

        Raises:
            NothingIssued: there is none.
            BaseChanged: the base is not its manifest's.
            OutputUnwritable: the folder cannot be made.
            Stopped: somebody asked to stop; what was written is kept.
        """
        edition_id = self._edition()
        Stamper(self.manifest, self.base)
        target = folder_of(folder, self.manifest)
        try:
            target.mkdir(parents=True, exist_ok=True)
            for leftover in target.glob(".*.exe.*"):
                leftover.unlink()
        except OSError as error:
            raise OutputUnwritable(path=target, reason=error.strerror or "error") from None
        order = Order(str(self.base), self.manifest.to_json(), str(target), durable)
        total, faults = Stamped(), Faults()
        with stoppable() as stop, crew(self.workers) as workers:
            for answer in self._answers(workers, order, edition_id):
                done = answer.result if isinstance(answer, Done) else _lost(answer)
                total.written += done.written
                total.kept += done.kept
                faults.add(done.faults)
                rows = total.written + total.kept + faults.count
                on_progress(Progress(rows, faults.count))
                if stop.asked:
                    raise Stopped(rows)
        if durable:
            _sync(target)
        seats = total.written + total.kept + faults.count
        return StampedAll(
            target, self.manifest.base_sha256, seats, total.written, total.kept, faults.count, faults.first
        )

    def _answers(
        self, workers: Crew, order: Order, edition_id: int
    ) -> Iterator[Done[Chunk, Stamped] | Lost[Chunk]]:
        return workers.map(partial(stamp_chunk, order), self._chunks(edition_id))

    def _edition(self) -> int:
        manifest, exam = self.manifest, self.exam
        with self.database.reading() as connection:
            edition = licences.find_edition(
                connection, exam.id, manifest.authenticode_sha256, manifest.build, exam.ends
            )
            if edition is None or not published_batches.find_seats_to_show(
                connection, edition.id, "", 1, whole=True
            ):
                raise NothingIssued(exam=exam.id)
        return edition.id

    def _chunks(self, edition_id: int) -> Iterator[Chunk]:
        after = ""
        while True:
            with self.database.reading() as connection:
                seats = published_batches.find_seats_to_show(connection, edition_id, after, CHUNK, whole=True)
            if not seats:
                return
            after = seats[-1].jti
            yield tuple((seat.jti, seat.token) for seat in seats)


def _sync(folder: Path) -> None:
    """Flush the names of the files, whose content is on the medium already."""
    try:
        sync_folder(folder)
    except OSError as error:
        raise OutputUnwritable(path=folder, reason=error.strerror or "error") from None


def stamp_chunk(order: Order, chunk: Chunk) -> Stamped:
    """In a worker: write the files of a chunk that are not there yet."""
    stamper, folder, done = opened(order.base, order.manifest), Path(order.folder), Stamped()
    for jti, token in chunk:
        path, licence = folder / f"{jti}.exe", token.encode("ascii", "replace")
        try:
            if stamper.is_stamped(licence, path):
                done.kept += 1
                continue
            write_stamped(stamper, licence, path, durable=order.durable)
            done.written += 1
        except (OneSeatError, OSError) as error:
            done.faults.append(of_error(jti, error))
    return done


@lru_cache(maxsize=4)
def opened(base: str, manifest: bytes) -> Stamper:
    """A base, held against its manifest once per worker."""
    return Stamper(Manifest.from_json(manifest), Path(base))


def _lost(answer: Lost[Chunk]) -> Stamped:
    return Stamped(faults=[of_lost(jti) for jti, _ in answer.chunk])
