"""Merkle proofs, ``stamp --all``, and ``verify --all``, which finds every change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.base.finished import Base as BuiltBase
from oneseat.pipeline.events import ignore
from oneseat.pipeline.exam import charters
from oneseat.pipeline.publishing.errors import NothingIssued
from oneseat.pipeline.publishing.log import Folder
from oneseat.pipeline.publishing.stamp_all import Materialiser, StampedAll, folder_for_base
from oneseat.pipeline.verifying import proofs
from oneseat.pipeline.verifying.errors import NotInBatch, ProofOfOther
from oneseat.pipeline.verifying.proofs import Prover
from oneseat.pipeline.verifying.verify_all import VerifiedAll, Verifier
from oneseat.pipeline.workers.pool import SERIAL, WorkerOptions
from signing.authority.errors import BatchHeadInvalid, ProofInvalid
from signing.authority.manifest import Manifest
from signing.refusals import LicenceMissing
from tests.pipeline.exam_workspace import BUILD, EXAM, ExamWorkspace, Rings, people
from tests.signing.signed_files import Base


@pytest.fixture
def manifest(signed_base: Base) -> Manifest:
    return replace(signed_base.manifest, exam="demo", build=BUILD)


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, manifest: Manifest, signed_base: Base) -> Iterator[ExamWorkspace]:
    """Ten seats, published."""
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    workspace.issue(people(10))
    workspace.publish(signed_base.path)
    yield workspace
    workspace.database.close()


def prover(workspace: ExamWorkspace) -> Prover:
    return Prover(
        charters.in_force(workspace.database, workspace.rings.root_public_key, "demo"), workspace.database
    )


def materialiser(workspace: ExamWorkspace, base: Base, workers: WorkerOptions = SERIAL) -> Materialiser:
    return Materialiser(EXAM, workspace.database, base.path, workspace.manifest, workers)


def stamped(
    workspace: ExamWorkspace, base: Base, workers: WorkerOptions = SERIAL, *, durable: bool = False
) -> StampedAll:
    return materialiser(workspace, base, workers).run(
        workspace.folder / "out", durable=durable, on_progress=ignore
    )


def verified(workspace: ExamWorkspace, base: Base, workers: WorkerOptions = SERIAL) -> VerifiedAll:
    """``verify --all`` over a base whose folder is made of the test's signed file."""
    built = workspace.folder / "built"
    built.mkdir(exist_ok=True)
    (built / workspace.manifest.file_name).write_bytes(base.path.read_bytes())
    bases = [BuiltBase(built, workspace.manifest)]
    charter = charters.in_force(workspace.database, workspace.rings.root_public_key, "demo")
    verifier = Verifier(charter, workspace.database, bases, workspace.folder / "batches", workers)
    return verifier.run(workspace.folder / "out", ignore)


def test_an_installer_is_proved_part_of_its_batch_and_no_other_file_is(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    done = stamped(ready, signed_base)
    first, second = sorted(done.folder.iterdir())[:2]
    proof = prover(ready).inclusion(str(first))
    assert proof == prover(ready).inclusion(first.stem), "by file or by jti"
    assert len(proof.to_json()) < 4000
    path = ready.folder / "proof.json"
    proofs.write(path, proof)
    charter = prover(ready).charter
    shown = proofs.check(charter, proofs.read(path), first)
    assert (shown.kind, shown.jti, shown.size) == ("inclusion", first.stem, 10)
    with pytest.raises(ProofOfOther):
        proofs.check(charter, proof, second)
    changed = bytearray(first.read_bytes())
    changed[500] ^= 1
    first.write_bytes(changed)
    with pytest.raises(ProofOfOther):
        proofs.check(charter, proof, first)


def test_what_no_batch_lists_has_no_proof(ready: ExamWorkspace, signed_base: Base) -> None:
    with pytest.raises(NotInBatch):
        prover(ready).inclusion("0" * 32)
    ready.issue(people(12))
    done = stamped(ready, signed_base)
    listed = {line.split(b'"jti":"')[1][:32].decode() for line in Folder(_batch(ready)).lines()}
    unpublished = next(path for path in done.folder.iterdir() if path.stem not in listed)
    with pytest.raises(NotInBatch):
        prover(ready).inclusion(str(unpublished))
    with pytest.raises(LicenceMissing):
        prover(ready).inclusion(str(signed_base.path))


def _batch(workspace: ExamWorkspace, number: int = 1) -> Path:
    return workspace.folder / "batches" / f"{number:04d}"


def test_a_kept_head_shows_later_whether_anything_was_rewritten(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    kept = proofs.read_head(_batch(ready) / "head.jws")
    ready.issue(people(30))
    ready.publish(signed_base.path)
    proof = prover(ready).consistency(kept)
    charter = prover(ready).charter
    shown = proofs.check(charter, proof)
    assert (shown.since_published_batch, shown.published_batch, shown.since_size, shown.size) == (
        1,
        2,
        10,
        30,
    )
    with pytest.raises(ProofOfOther):
        proofs.check(charter, proof, signed_base.path)
    other = dict(json.loads(proof.to_json()), path=[])
    (ready.folder / "bent.json").write_text(json.dumps(other))
    with pytest.raises(ProofInvalid):
        proofs.check(charter, proofs.read(ready.folder / "bent.json"))
    with ready.database.writing() as connection:  # somebody takes the second batch back
        connection.execute(text("DELETE FROM manifest_heads WHERE batch = 2"))
    newest = proofs.read_head(_batch(ready, 2) / "head.jws")
    with pytest.raises(ProofInvalid):
        prover(ready).consistency(newest)


@pytest.mark.parametrize("data", [b"", b"not a token", b"\xff" * 10, b"a.b.c"])
def test_what_is_no_head_is_refused_as_none(ready: ExamWorkspace, data: bytes) -> None:
    path = ready.folder / "head.jws"
    path.write_bytes(data)
    with pytest.raises(BatchHeadInvalid):
        prover(ready).consistency(proofs.read_head(path))
    with pytest.raises(BatchHeadInvalid):
        proofs.read_head(ready.folder / "absent")


@pytest.mark.parametrize("workers", [SERIAL, WorkerOptions(2)], ids=["here", "two processes"])
def test_everybodys_installer_is_what_the_manifest_lists(
    ready: ExamWorkspace, signed_base: Base, workers: WorkerOptions
) -> None:
    done = stamped(ready, signed_base, workers)
    assert (done.seats, done.written, done.kept, done.faulty) == (10, 10, 0, 0)
    assert done.folder == folder_for_base(ready.folder / "out", ready.manifest)
    found = verified(ready, signed_base, workers)
    assert (found.published_batches, found.lines, found.licences, found.files) == (1, 10, 10, 10)
    assert found.faulty == 0


def test_a_second_run_writes_only_what_is_missing_or_stale(ready: ExamWorkspace, signed_base: Base) -> None:
    done = stamped(ready, signed_base, durable=True)
    files = sorted(done.folder.iterdir())
    before = {path: path.stat().st_ino for path in files[2:]}
    files[0].unlink()
    files[1].write_bytes(files[2].read_bytes())  # another one's licence
    (done.folder / ".x.exe.1234").write_bytes(b"left by a killed run")
    again = stamped(ready, signed_base)
    assert (again.written, again.kept) == (2, 8)
    assert {path: path.stat().st_ino for path in files[2:]} == before
    assert sorted(done.folder.iterdir()) == files
    assert verified(ready, signed_base).faulty == 0


def test_a_file_that_cannot_be_written_stops_nothing_else(ready: ExamWorkspace, signed_base: Base) -> None:
    done = stamped(ready, signed_base)
    files = sorted(done.folder.iterdir())
    for path in files:
        path.unlink()
    files[4].mkdir()
    again = stamped(ready, signed_base)
    assert (again.written, again.faulty) == (9, 1)
    assert again.faults[0].where == files[4].stem and again.faults[0].cause.zh


def test_nothing_issued_is_said_so(
    tmp_path: Path, rings: Rings, manifest: Manifest, signed_base: Base
) -> None:
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    with pytest.raises(NothingIssued):
        stamped(workspace, signed_base)
    workspace.database.close()


def codes(workspace: ExamWorkspace, base: Base) -> dict[str, int]:
    return verified(workspace, base).kinds


def test_a_changed_file_is_found(ready: ExamWorkspace, signed_base: Base) -> None:
    done = stamped(ready, signed_base)
    path = sorted(done.folder.iterdir())[3]
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    found = verified(ready, signed_base)
    assert found.faulty == 1
    assert found.faults[0].where == path.stem and found.files == 9


def test_a_changed_licence_is_found(ready: ExamWorkspace, signed_base: Base) -> None:
    with ready.database.writing() as connection:
        connection.execute(
            text("UPDATE licences SET token = token || 'x' WHERE jti = (SELECT min(jti) FROM licences)")
        )
    found = verified(ready, signed_base)
    assert found.kinds == {"OS-236": 1} and found.licences == 9


def test_a_changed_line_is_found_in_state_and_folder(ready: ExamWorkspace, signed_base: Base) -> None:
    with ready.database.writing() as connection:
        connection.execute(
            text("UPDATE manifest_lines SET seat = :seat WHERE position = 4"), {"seat": "0" * 32}
        )
    found = verified(ready, signed_base)
    assert found.kinds == {"OS-236": 1, "OS-235": 1}, "the folder differs, and the root"
    assert {fault.where for fault in found.faults} == {"published batch 1"}


def test_lines_that_are_cut_off_are_found(ready: ExamWorkspace, signed_base: Base) -> None:
    path = _batch(ready) / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert codes(ready, signed_base) == {"OS-236": 1}
    path.write_bytes(path.read_bytes() * 3)
    assert codes(ready, signed_base) == {"OS-236": 1}
    path.unlink()
    assert codes(ready, signed_base) == {"OS-236": 1}


def test_a_broken_chain_of_heads_is_found(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.issue(people(15))
    ready.publish(signed_base.path)
    assert verified(ready, signed_base).faulty == 0
    with ready.database.writing() as connection:
        connection.execute(text("DELETE FROM manifest_heads WHERE batch = 1"))
    assert codes(ready, signed_base)["OS-236"] >= 1


def test_documents_of_another_base_or_by_another_hand_are_found(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    path = _batch(ready) / "provenance.dsse.json"
    envelope = json.loads(path.read_text())
    path.write_text(json.dumps({**envelope, "payload": envelope["payload"][:-8] + "AAAA" + "ZQ=="}))
    assert verified(ready, signed_base).faulty == 1
    path.unlink()
    assert codes(ready, signed_base) == {"OS-236": 1}


def test_a_base_that_is_not_here_is_said_to_be_missing(ready: ExamWorkspace, signed_base: Base) -> None:
    charter = charters.in_force(ready.database, ready.rings.root_public_key, "demo")
    found = Verifier(charter, ready.database, [], ready.folder / "batches").run(None, ignore)
    assert found.faulty == 1 and "not here" in found.faults[0].cause.en


def test_an_exam_without_batches_has_nothing_to_verify(
    tmp_path: Path, rings: Rings, manifest: Manifest, signed_base: Base
) -> None:
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    with pytest.raises(NotInBatch):
        verified(workspace, signed_base)
    with pytest.raises(NotInBatch):
        prover(workspace).inclusion("0" * 32)
    workspace.database.close()
