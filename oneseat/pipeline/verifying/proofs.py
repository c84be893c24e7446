"""Merkle proofs: an installer is part of a published batch; a later batch extends an earlier one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from oneseat.files.atomic import write_atomic
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.publishing.log import read_head
from oneseat.pipeline.verifying.errors import NotInBatch, ProofOfOther
from oneseat.pipeline.verifying.inspect import size_and_sha256
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from oneseat.state.publishing.published_batches import PublishedBatchRow
from signing import containers
from signing.authority import merkle
from signing.authority.batch_log import (
    ConsistencyProof,
    InclusionProof,
    LogLine,
    Proof,
    TreeHead,
    licence_digest,
    read_proof,
)
from signing.authority.errors import BatchHeadInvalid, ProofInvalid
from signing.charter import Charter
from signing.os_faults import system_reason
from signing.refusals import LicenceMissing
from signing.text import Text, verbatim

_JTI = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Proved:
    """A verified proof. Of the candidate it names the jti only."""

    kind: str
    published_batch: int
    size: int
    root: str
    jti: str | None = None
    position: int | None = None
    hashes: int = 0
    since_published_batch: int | None = None
    since_size: int | None = None


@dataclass(frozen=True)
class Prover:
    """Makes proofs from an exam's state, and verifies the heads with the charter's batch keys."""

    charter: Charter
    database: Database

    def inclusion(self, what: str) -> InclusionProof:
        """Prove that an installer (given by path) or a licence (given by jti) is part of a batch.

        Raises:
            NotInBatch: no batch lists it.
            BatchHeadInvalid: none of the charter's batch keys signed the newest head.
            LicenceMissing, PeMalformed, RegionMissing, RegionMalformed: the file is no stamped installer.
        """
        exam = self.charter.exam
        with self.database.reading() as connection:
            row = self._newest(connection)
            jti, position = self._locate(connection, what)
            line = None if position is None else published_batches.line_at(connection, exam, position)
            if position is None or position >= row.size or line is None:
                raise NotInBatch(what=jti)
            node = merkle.nodes(published_batches.tiles(connection, exam))
            path = tuple(merkle.inclusion_proof(node, position, row.size))
        return InclusionProof(row.token, position, line.to_bytes().decode("ascii"), path)

    def consistency(self, older: str) -> ConsistencyProof:
        """Prove that the newest batch extends the one whose head token is ``older``.

        Raises:
            NotInBatch: there is no batch.
            BatchHeadInvalid: a head is not one of this exam's.
            ProofInvalid: the state's tree is smaller, or lacks nodes.
        """
        old = TreeHead.verify(older, self.charter.batch_keys_by_kid, self.charter.exam)
        with self.database.reading() as connection:
            row = self._newest(connection)
            if old.size > row.size:
                raise ProofInvalid(reason=Text("the later tree is the smaller one", "较新的树反而较小"))
            node = merkle.nodes(published_batches.tiles(connection, self.charter.exam))
            path = tuple(merkle.consistency_proof(node, old.size, row.size))
        return ConsistencyProof(older, row.token, path)

    def _newest(self, connection: Connection) -> PublishedBatchRow:
        row = published_batches.newest(connection, self.charter.exam)
        if row is None:
            raise NotInBatch(what=self.charter.exam)
        TreeHead.verify(row.token, self.charter.batch_keys_by_kid, self.charter.exam)
        return row

    def _locate(self, connection: Connection, what: str) -> tuple[str, int | None]:
        exam = self.charter.exam
        if _JTI.fullmatch(what) and not Path(what).exists():
            return what, published_batches.newest_position(connection, exam, what)
        digest = licence_digest(licence_in(Path(what)))
        return Path(what).name, published_batches.position_of_licence(connection, exam, digest)


def licence_in(path: Path) -> str:
    """Read the licence in an installer's region, without verifying it.

    Raises:
        LicenceMissing: the file is a base without a licence.
        PeMalformed, ApkMalformed, ApkUnsigned, ApkBlockNotPadded: the file is no signed installer or APK.
        RegionMissing, RegionMalformed: it has no licence region, or a damaged one.
    """
    size_and_sha256(path)  # refuses a file that cannot be read
    with path.open("rb") as file:
        licence = containers.recognise(file).read_licence(file)
    if not licence:
        raise LicenceMissing
    return licence.decode("ascii", "replace")


def check(charter: Charter, proof: Proof, installer: Path | None = None) -> Proved:
    """Verify a proof with the charter's batch keys, and compare it with the installer that it is for.

    Raises:
        BatchHeadInvalid: none of the charter's batch keys signed the head.
        ProofInvalid: the proof's hashes do not lead to the signed root.
        ProofOfOther: the proof is valid, for another file.
        PeMalformed: the installer cannot be read.
    """
    keys = charter.batch_keys_by_kid
    if isinstance(proof, ConsistencyProof):
        if installer is not None:
            raise ProofOfOther(file=installer.name)
        old, new = proof.check(keys, charter.exam)
        return Proved(
            "consistency",
            new.batch,
            new.size,
            new.root,
            hashes=len(proof.path),
            since_published_batch=old.batch,
            since_size=old.size,
        )
    line, head = proof.check(keys, charter.exam)
    if installer is not None:
        _refuse_other(line, installer)
    return Proved(
        "inclusion", head.batch, head.size, head.root, line.jti, proof.position, hashes=len(proof.path)
    )


def _refuse_other(line: LogLine, installer: Path) -> None:
    if size_and_sha256(installer) != (line.size, line.sha256):
        raise ProofOfOther(file=installer.name)


def read(path: Path) -> Proof:
    """Read a proof from a file.

    Raises:
        BatchHeadInvalid: the file cannot be read, or is not a proof.
    """
    try:
        return read_proof(path.read_bytes())
    except OSError as error:
        raise BatchHeadInvalid(what=verbatim(path.name), reason=system_reason(error)) from None


def write(path: Path, proof: Proof) -> None:
    """Write a proof to a file.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [proof.to_json()])
    except OSError as error:
        raise unwritable(path, error) from None


__all__ = ["Proved", "Prover", "check", "licence_in", "read", "read_head", "write"]
