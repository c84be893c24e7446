"""The append-only log of published batches: manifest lines in a Merkle tree, under signed heads.

Lines and tree are staged in the state before the release is switched, and do not count
yet. The head is signed and written in the transaction that switches the release, so there
is never one without the other. A process that was killed has only staged lines, which the
next one deletes and stages again. The files in the workspace are copies, exported from the
state afterwards.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from oneseat.files.atomic import sync_folder, write_atomic
from oneseat.pipeline.base.provenance import PROVENANCE, Documents
from oneseat.pipeline.base.sbom import SBOM
from oneseat.pipeline.events import ignore
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.publishing.errors import BatchKeyUnlisted, BatchOfOtherState
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from oneseat.state.publishing.published_batches import PublishedBatchRow
from oneseat.state.publishing.releases import PublishedPhone, PublishedRelease
from signing import jws
from signing.authority import merkle
from signing.authority.batch_log import (
    KEY_NAME,
    SHOW,
    WITHDRAW,
    LogLine,
    Pseudonyms,
    TreeHead,
    head_hash,
    licence_digest,
)
from signing.authority.errors import BatchHeadInvalid
from signing.authority.keys import KeyRing
from signing.authority.manifest import Manifest
from signing.authority.signer import Signer
from signing.authority.stamp import Stamper
from signing.charter import Charter
from signing.os_faults import system_reason
from signing.text import Text, verbatim

CHUNK = 2000
"""Lines a transaction. While one is written, the portal's writes wait."""

MANIFEST, HEAD = "manifest.jsonl", "head.jws"
PHONE_PREFIX = "phone."
"""Before the names of the documents of a phone app's base."""

_NO_DOCUMENTS = Documents("", "")

OnLines = Callable[[int], None]


@dataclass(frozen=True)
class Staged:
    """A batch whose lines are written; it counts once its head is signed.

    ``phone_sha256`` and ``phone_documents`` are empty where the release has no phone app.
    """

    batch: int
    start: int
    size: int
    root: bytes
    previous: str
    base_sha256: str
    documents: Documents
    signer: Signer
    phone_sha256: str = ""
    phone_documents: Documents = _NO_DOCUMENTS


class PhoneToShow(NamedTuple):
    """A phone app that a release is to show: its edition, its base, and the folder that the base lies in."""

    edition_id: int
    stamper: Stamper
    folder: Path


@dataclass(frozen=True)
class BatchLog:
    """Appends batches to an exam's log in the state, and exports copies into a folder."""

    exam: str
    ring: KeyRing
    database: Database
    folder: Path

    def lacks_batch(self) -> bool:
        """Whether the current release has no batch, as releases of earlier versions have none."""
        with self.database.reading() as connection:
            return published_batches.release_lacks_batch(connection, self.exam)

    def newest(self) -> int | None:
        """Read the number of the exam's newest published batch, None before the first."""
        with self.database.reading() as connection:
            row = published_batches.newest(connection, self.exam)
        return None if row is None else row.batch

    def refuse_fork(self) -> None:
        """Refuse to sign where the folder holds a batch of another state, or one that this state lacks.

        Otherwise two signed heads could have one number and different content. Only the folder's
        newest batch is compared, because each head contains the digest of the one before.

        Raises:
            BatchOfOtherState: the folder's newest head is not in the state's log.
            BatchHeadInvalid: the folder's newest head cannot be read.
        """
        exported = folders(self.folder)
        if not exported:
            return
        newest = exported[-1]
        number = int(newest.path.name)
        with self.database.reading() as connection:
            own = published_batches.find(connection, self.exam, number)
        if own is None or own.token != newest.head_token():
            raise BatchOfOtherState(batch=number, folder=newest.path, state=self.database.where)

    def refuse_unlisted_key(self, charter: Charter) -> None:
        """Refuse to sign with a batch key that the charter in force does not list: portals would reject it.

        A charter that lists no batch key requires no batches, so any key may sign under it.

        Raises:
            BatchKeyUnlisted: the charter lists other batch keys only.
            KeyMissing: the ring has no batch key, because it is older than batches.
        """
        present = self.ring.entry(KEY_NAME).public_key
        if charter.batch_keys and present not in charter.batch_keys:
            raise BatchKeyUnlisted(version=charter.version)

    def stage(
        self,
        edition_id: int,
        stamper: Stamper,
        shown: PublishedRelease | None,
        base_folder: Path,
        on_lines: OnLines = ignore,
        phone: PhoneToShow | None = None,
    ) -> Staged:
        """Write the lines for the seats that differ between an edition and the current release.

        With another base or edition, every seat gets a line. The phone app's lines come after the
        installer's. The caller holds the lock of issuing and publishing.

        Raises:
            KeyMissing: the ring has no batch key, because it is older than batches.
            ProofInvalid: the state has lost a part of the tree.
        """
        signer = self.ring.signer(KEY_NAME)
        manifest = stamper.manifest
        with self.database.writing() as connection:
            newest = published_batches.newest(connection, self.exam)
            start = newest.size if newest else 0
            # Lines after the newest head were staged by a process that was killed.
            published_batches.forget_staged(connection, self.exam, start)
            writer = merkle.TileWriter(start, published_batches.tiles(connection, self.exam))
        logged = shown if shown is not None and newest and newest.release_id == shown.id else None
        line_writer = _LineWriter(self.exam, Pseudonyms(self.ring.secret("exam")), self.database, writer)
        whole = _is_other(logged, edition_id, manifest)
        line_writer.write_shown(edition_id, stamper, whole=whole, on_lines=on_lines)
        if phone is not None:
            whole = _is_other(logged and logged.phone, phone.edition_id, phone.stamper.manifest)
            line_writer.write_shown(
                phone.edition_id, phone.stamper, whole=whole, on_lines=on_lines, beside=edition_id
            )
        if newest is not None:
            line_writer.write_withdrawn(edition_id)
        with self.database.reading() as connection:
            node = merkle.nodes(published_batches.tiles(connection, self.exam))
            root = merkle.root(node, writer.size)
        return Staged(
            batch=newest.batch + 1 if newest else 1,
            start=start,
            size=writer.size,
            root=root,
            previous=newest.token if newest else "",
            base_sha256=manifest.base_sha256,
            documents=Documents.of(base_folder, manifest, signer),
            signer=signer,
            phone_sha256=phone.stamper.manifest.base_sha256 if phone else "",
            phone_documents=_documents_of(phone, signer),
        )

    def sign_head(self, connection: Connection, staged: Staged, release: PublishedRelease) -> None:
        """Sign the batch's head and write it, in the transaction that switches the release."""
        head = TreeHead(
            exam=self.exam,
            batch=staged.batch,
            release=release.id,
            base=staged.base_sha256,
            size=staged.size,
            root=staged.root.hex(),
            prev_size=staged.start,
            prev_head=head_hash(staged.previous) if staged.previous else "",
            iat=int(release.published_at.timestamp()),
            phone=staged.phone_sha256,
        )
        row = PublishedBatchRow(
            batch=staged.batch,
            release_id=release.id,
            start=staged.start,
            size=staged.size,
            token=head.sign(staged.signer),
            sbom=staged.documents.sbom,
            provenance=staged.documents.provenance,
            at=release.published_at,
            phone_sbom=staged.phone_documents.sbom,
            phone_provenance=staged.phone_documents.provenance,
        )
        published_batches.add(connection, self.exam, row)

    def export(self) -> list[Path]:
        """Export every batch that has no folder yet: manifest, head, and the base's documents.

        Raises:
            OutputUnwritable: a file cannot be written.
        """
        with self.database.reading() as connection:
            rows = published_batches.all_batches(connection, self.exam)
            return [
                self._export_batch(connection, row) for row in rows if not (self.folder / _name(row)).is_dir()
            ]

    def _export_batch(self, connection: Connection, row: PublishedBatchRow) -> Path:
        target = self.folder / _name(row)
        draft = self.folder / f".writing-{_name(row)}"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            lines = published_batches.lines(connection, self.exam, row.start, row.size)
            write_atomic(draft / MANIFEST, (line.to_bytes() + b"\n" for line in lines))
            write_atomic(draft / HEAD, [row.token.encode("ascii") + b"\n"])
            for name, text in _documents(row):
                if text:
                    write_atomic(draft / name, [text.encode()])
            draft.rename(target)  # atomic: a batch's folder is whole or absent
            sync_folder(self.folder)
        except OSError as error:
            raise unwritable(target, error) from None
        return target


def _name(row: PublishedBatchRow) -> str:
    return f"{row.batch:04d}"


def _documents(row: PublishedBatchRow) -> Iterator[tuple[str, str]]:
    yield SBOM, row.sbom
    yield PROVENANCE, row.provenance
    yield PHONE_PREFIX + SBOM, row.phone_sbom
    yield PHONE_PREFIX + PROVENANCE, row.phone_provenance


def _documents_of(phone: PhoneToShow | None, signer: Signer) -> Documents:
    return Documents.of(phone.folder, phone.stamper.manifest, signer) if phone else _NO_DOCUMENTS


def _is_other(shown: PublishedRelease | PublishedPhone | None, edition_id: int, manifest: Manifest) -> bool:
    """Whether what the log shows is of another edition or base, so that every seat gets a line."""
    return shown is None or (shown.edition_id, shown.base_sha256) != (edition_id, manifest.base_sha256)


class _LineWriter:
    """Writes manifest lines, one chunk a transaction, and appends them to the Merkle tree."""

    def __init__(
        self,
        exam: str,
        pseudonyms: Pseudonyms,
        database: Database,
        writer: merkle.TileWriter,
    ) -> None:
        self._exam, self._database, self._writer = exam, database, writer
        self._pseudonyms = pseudonyms

    def write_shown(
        self,
        edition_id: int,
        stamper: Stamper,
        *,
        whole: bool,
        on_lines: OnLines,
        beside: int | None = None,
    ) -> None:
        after = ""
        while True:
            with self._database.reading() as connection:
                seats = published_batches.find_seats_to_show(
                    connection, edition_id, after, CHUNK, whole=whole, beside=beside
                )
            if not seats:
                return
            self._write([self._line(stamper, *seat) for seat in seats])
            on_lines(len(seats))
            after = seats[-1].jti

    def write_withdrawn(self, edition_id: int) -> None:
        with self._database.reading() as connection:
            hidden = published_batches.find_seats_to_hide(connection, self._exam, edition_id)
        lines = [LogLine(WITHDRAW, self._pseudonyms.of(number), jti) for jti, number in hidden]
        for at in range(0, len(lines), CHUNK):
            self._write(lines[at : at + CHUNK])

    def _line(self, stamper: Stamper, jti: str, number: str, token: str) -> LogLine:
        manifest, seat = stamper.manifest, self._pseudonyms.of(number)
        digest = stamper.sha256(stamper.tail(token.encode("ascii")))
        return LogLine(SHOW, seat, jti, licence_digest(token), digest, manifest.size, manifest.artefact)

    def _write(self, lines: list[LogLine]) -> None:
        start = self._writer.size
        for line in lines:
            self._writer.add(merkle.leaf_hash(line.to_bytes()))
        with self._database.writing() as connection:
            published_batches.stage(connection, self._exam, start, lines, self._writer.changed())


@dataclass(frozen=True)
class Folder:
    """An exported batch's folder, which may have been changed since."""

    path: Path

    def head_token(self) -> str:
        """Read the head's token.

        Raises:
            BatchHeadInvalid: the file is absent or cannot be read.
        """
        return read_head(self.path / HEAD)

    def lines(self) -> Iterator[bytes]:
        """Stream the manifest's lines, without their newlines.

        Raises:
            BatchHeadInvalid: the file cannot be read.
        """
        try:
            with (self.path / MANIFEST).open("rb") as file:
                for line in file:
                    yield line.removesuffix(b"\n")
        except OSError as error:
            raise BatchHeadInvalid(what=verbatim(MANIFEST), reason=system_reason(error)) from None


def read_head(path: Path) -> str:
    """Read the token in a head's file, without verifying it.

    Raises:
        BatchHeadInvalid: the file cannot be read, or is not ASCII.
    """
    try:
        return path.read_bytes()[: jws.MAX_TOKEN_BYTES + 1].decode("ascii").strip()
    except OSError as error:
        raise BatchHeadInvalid(what=verbatim(path.name), reason=system_reason(error)) from None
    except UnicodeDecodeError:
        raise BatchHeadInvalid(
            what=verbatim(path.name), reason=Text("it is not a token", "不是签名文件")
        ) from None


def folders(folder: Path) -> list[Folder]:
    """List the batches' folders below a folder, in order."""
    paths = [path for path in folder.glob("[0-9]*") if path.is_dir() and path.name.isdecimal()]
    return [Folder(path) for path in sorted(paths, key=lambda path: int(path.name))]
