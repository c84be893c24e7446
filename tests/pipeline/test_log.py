"""The log of published batches lists what candidates see, commits to it, and is append-only."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import BatchMissing
from oneseat.pipeline.keys import rings as keyrings
from oneseat.pipeline.publishing.errors import BatchKeyUnlisted, BatchOfOtherState
from oneseat.pipeline.publishing.log import CHUNK, BatchLog, Folder, folders
from oneseat.pipeline.publishing.publisher import Publisher
from oneseat.pipeline.publishing.stamp import stamp
from oneseat.pipeline.workspace import Workspace
from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.publishing import published_batches, releases
from oneseat.state.upkeep import backup
from signing import jws
from signing.authority import merkle
from signing.authority.batch_log import (
    SHOW,
    WITHDRAW,
    ConsistencyProof,
    InclusionProof,
    LogLine,
    Pseudonyms,
    TreeHead,
    head_hash,
    licence_digest,
    read_proof,
)
from signing.authority.errors import BatchHeadInvalid, KeyMissing, ProofInvalid
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.authority.signer import sign_token
from signing.charter import TYP
from tests.merkle_roots import stream_root
from tests.pipeline.exam_workspace import BUILD, NOW, PASSPHRASE, ExamWorkspace, Rings, people
from tests.published import published_seats
from tests.signing.signed_files import Base, FileSigner


@pytest.fixture
def manifest(signed_base: Base) -> Manifest:
    return replace(signed_base.manifest, exam="demo", build=BUILD)


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, manifest: Manifest) -> Iterator[ExamWorkspace]:
    """A workspace with a charter in force and ten seats issued."""
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    workspace.issue(people(10))
    yield workspace
    workspace.database.close()


def batch(workspace: ExamWorkspace, number: int) -> tuple[TreeHead, list[LogLine]]:
    """A batch's head, and its lines."""
    folder = Folder(workspace.folder / "batches" / f"{number:04d}")
    head = TreeHead.verify(folder.head_token(), workspace.batch_keys, "demo")
    return head, [LogLine.from_bytes(line) for line in folder.lines()]


def all_lines(workspace: ExamWorkspace) -> list[bytes]:
    return [line for folder in folders(workspace.folder / "batches") for line in folder.lines()]


def newest_of_each_seat(workspace: ExamWorkspace) -> dict[str, str]:
    """Replay the lines: the jti that each pseudonym shows now."""
    shown: dict[str, str] = {}
    for line in map(LogLine.from_bytes, all_lines(workspace)):
        shown[line.seat] = line.jti
        if line.act == WITHDRAW:
            del shown[line.seat]
    return shown


def visible(workspace: ExamWorkspace) -> dict[str, str]:
    """What the portal shows, by pseudonym."""
    pseudonyms = Pseudonyms(workspace.rings.authority.secret("exam"))
    with workspace.database.reading() as connection:
        found = published_seats(connection, "demo")
        return {pseudonyms.of(seat.admission_number): seat.jti for seat in found}


def test_a_batch_lists_every_licence_and_its_head_commits_to_them(
    ready: ExamWorkspace, signed_base: Base, manifest: Manifest
) -> None:
    published = ready.publish(signed_base.path)
    head, lines = batch(ready, 1)
    assert (head.batch, head.release, head.base) == (1, published.release, manifest.base_sha256)
    assert (head.size, head.prev_size, head.prev_head) == (10, 0, "")
    assert stream_root(all_lines(ready)) == (10, head.root_hash)
    assert newest_of_each_seat(ready) == visible(ready) and len(lines) == 10
    assert {line.act for line in lines} == {SHOW}


def test_a_line_describes_the_installer_that_is_stamped(
    ready: ExamWorkspace, signed_base: Base, manifest: Manifest
) -> None:
    ready.publish(signed_base.path)
    lines = {line.jti: line for line in batch(ready, 1)[1]}
    number = people(10)[3].admission_number
    made = stamp(ready.exam, number, signed_base.path, manifest, ready.database, ready.folder)
    line = lines[made.jti]
    assert (line.sha256, line.size) == (made.sha256, made.size)
    assert line.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    with ready.database.reading() as connection:
        found = seats.find_by_jti(connection, "demo", made.jti)
    assert found and line.licence == licence_digest(found.token)


def test_pseudonyms_are_keyed_and_the_order_tells_nothing(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.publish(signed_base.path)
    numbers = [person.admission_number for person in people(10)]
    listed = b"\n".join(all_lines(ready))
    for number in numbers:
        assert number.encode() not in listed
        assert hashlib.sha256(number.encode()).hexdigest()[:32].encode() not in listed
    lines = batch(ready, 1)[1]
    assert [line.jti for line in lines] == sorted(line.jti for line in lines)
    pseudonyms = Pseudonyms(ready.rings.authority.secret("exam"))
    other = Pseudonyms(bytes(64))
    assert {line.seat for line in lines} == {pseudonyms.of(number) for number in numbers}
    assert pseudonyms.of(numbers[0]) != other.of(numbers[0])


def test_a_later_batch_extends_the_earlier_one(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.publish(signed_base.path)
    ready.issue(people(25))
    ready.publish(signed_base.path)
    (first, _), (second, lines) = batch(ready, 1), batch(ready, 2)
    assert len(lines) == 15, "what did not change is not listed again"
    first_token = Folder(ready.folder / "batches" / "0001").head_token()
    second_token = Folder(ready.folder / "batches" / "0002").head_token()
    assert (second.prev_size, second.prev_head) == (first.size, head_hash(first_token))
    assert stream_root(all_lines(ready)) == (25, second.root_hash)
    with ready.database.reading() as connection:
        node = merkle.nodes(published_batches.tiles(connection, "demo"))
        proof = ConsistencyProof(first_token, second_token, tuple(merkle.consistency_proof(node, 10, 25)))
    assert read_proof(proof.to_json()) == proof
    assert proof.check(ready.batch_keys, "demo") == (first, second)
    with pytest.raises(ProofInvalid):
        ConsistencyProof(second_token, first_token, proof.path).check(ready.batch_keys, "demo")


def test_a_reissued_seat_keeps_its_pseudonym_and_its_newest_line_counts(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    ready.publish(signed_base.path)
    somebody, *others = people(10)
    ready.issue([somebody._replace(name="改名者"), *others])
    ready.publish(signed_base.path)
    _, lines = batch(ready, 2)
    assert len(lines) == 1 and lines[0].act == SHOW
    before = {line.seat: line.jti for line in batch(ready, 1)[1]}
    assert before[lines[0].seat] != lines[0].jti
    assert newest_of_each_seat(ready) == visible(ready)


def test_a_hidden_seat_is_withdrawn_and_another_base_lists_everybody_again(
    ready: ExamWorkspace, signed_base: Base, file_signer: FileSigner
) -> None:
    ready.publish(signed_base.path)
    hotfix = file_signer.base(file_signer.signed("x86-unicode", "hotfix"))
    other = replace(hotfix.manifest, exam="demo", build=BUILD)
    ready.issue(people(10)[:7], other)
    ready.publish(hotfix.path, other, leave_out=True)
    head, lines = batch(ready, 2)
    assert sorted(line.act for line in lines) == [SHOW] * 7 + [WITHDRAW] * 3
    assert head.base == other.base_sha256
    assert newest_of_each_seat(ready) == visible(ready) and len(visible(ready)) == 7
    ready.publish(signed_base.path)
    assert newest_of_each_seat(ready) == visible(ready) and len(visible(ready)) == 10
    assert stream_root(all_lines(ready)) == (30, batch(ready, 3)[0].root_hash)


def test_a_base_signed_anew_lists_everybody_though_no_licence_changed(
    ready: ExamWorkspace, signed_base: Base, file_signer: FileSigner
) -> None:
    ready.publish(signed_base.path)
    again = file_signer.base(file_signer.signed("amd64-unicode", "signed again"))
    other = replace(again.manifest, exam="demo", build=BUILD)
    assert other.authenticode_sha256 == ready.manifest.authenticode_sha256
    ready.publish(again.path, other)
    first, second = (batch(ready, number)[1] for number in (1, 2))
    assert [line.licence for line in first] == [line.licence for line in second]
    assert not {line.sha256 for line in first} & {line.sha256 for line in second}


def test_a_release_from_before_there_were_batches_gets_its_batch(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    without = Publisher(ready.exam, ready.rings.root_public_key, ready.database, ready.store, ready.clock)
    assert without.publish(signed_base.path, ready.manifest).changed
    assert ready.publish(signed_base.path).changed, "there is a manifest to write"
    assert not ready.publish(signed_base.path).changed
    assert newest_of_each_seat(ready) == visible(ready) and len(visible(ready)) == 10


def test_a_charter_asks_for_batches_only_once_there_is_one(
    ready: ExamWorkspace, signed_base: Base, tmp_path: Path, rings: Rings
) -> None:
    with ready.database.writing() as connection:
        connection.execute(text("DELETE FROM charters"))
    with_batches = ready.sign()
    older = replace(with_batches.charter, batch_keys=())
    root = ready.rings.authority.signer("root")
    without = replace(with_batches, charter=older, token=sign_token(root, TYP, older.claims()))
    charters.publish(ready.database, without, ready.clock)
    Publisher(ready.exam, ready.rings.root_public_key, ready.database, ready.store, ready.clock).publish(
        signed_base.path, ready.manifest
    )
    newer = ready.sign("b" * 64, "f" * 64)
    assert newer.charter.batch_keys
    with pytest.raises(BatchMissing):
        charters.publish(ready.database, newer, ready.clock)
    ready.publish(signed_base.path)
    assert charters.publish(ready.database, newer, ready.clock)


def test_a_rotated_key_signs_only_once_the_charter_lists_it(
    tmp_path: Path, ready: ExamWorkspace, signed_base: Base
) -> None:
    folder = shutil.copytree(ready.rings.authority.folder, tmp_path / "authority")
    ring = KeyRing.open(folder, PASSPHRASE, AUTHORITY)
    ring.rotate("batch", NOW)
    ready.log = replace(ready.log, ring=ring)
    with pytest.raises(BatchKeyUnlisted):
        ready.publish(signed_base.path)
    keys = charters.public_keys(folder, ready.rings.portal.folder)
    signed = charters.sign(ready.exam, ready.charters, ring.signer("root"), keys, (BUILD,), ready.clock)
    assert len(signed.charter.batch_keys) == 2, "the retired one still verifies"
    charters.publish(ready.database, signed, ready.clock)
    assert ready.publish(signed_base.path).changed


def test_nothing_new_writes_no_batch_but_a_lost_folder(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.publish(signed_base.path)
    path = ready.folder / "batches" / "0001" / "manifest.jsonl"
    wanted = path.read_bytes()
    path.unlink()
    for other in path.parent.iterdir():
        other.unlink()
    path.parent.rmdir()
    assert not ready.publish(signed_base.path).changed
    assert path.read_bytes() == wanted
    assert len(ready.rows("manifest_heads")["manifest_heads"]) == 1


def test_what_a_dead_run_staged_does_not_count(
    ready: ExamWorkspace, signed_base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.publish(signed_base.path)
    ready.issue(people(30))
    monkeypatch.setattr("oneseat.pipeline.publishing.log.CHUNK", 4)
    with monkeypatch.context() as broken:
        broken.setattr(releases, "publish", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            ready.publish(signed_base.path)
    assert len(ready.rows("manifest_lines")["manifest_lines"]) == 30
    ready.issue(people(20))  # nothing new: those rows are there
    ready.publish(signed_base.path)
    assert stream_root(all_lines(ready)) == (30, batch(ready, 2)[0].root_hash)
    assert newest_of_each_seat(ready) == visible(ready)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_many_lines_go_through_in_chunks(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.issue(people(CHUNK + 50))
    ready.publish(signed_base.path)
    head, lines = batch(ready, 1)
    assert len(lines) == head.size == CHUNK + 50
    assert stream_root(all_lines(ready))[1] == head.root_hash


def test_a_ring_from_before_there_were_batches_says_what_to_do(
    tmp_path: Path, ready: ExamWorkspace, signed_base: Base
) -> None:
    workspace = Workspace(tmp_path / "older", "demo")
    ring = KeyRing.create(workspace.authority_keys, PASSPHRASE, AUTHORITY, NOW)
    index = json.loads((ring.folder / "ring.json").read_bytes())
    index["keys"] = [key for key in index["keys"] if key["name"] != "batch"]
    (ring.folder / "ring.json").write_text(json.dumps(index))
    older = KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY)
    log = BatchLog("demo", older, ready.database, tmp_path / "batches")
    publisher = Publisher(
        ready.exam, ready.rings.root_public_key, ready.database, ready.store, ready.clock, log
    )
    with pytest.raises(KeyMissing):
        publisher.publish(signed_base.path, ready.manifest)
    done = keyrings.init(workspace, PASSPHRASE, ready.clock, rehearsal=False)
    assert "authority: batch" in done.made
    assert KeyRing.open(ring.folder, PASSPHRASE, AUTHORITY).entry("batch").state == "active"


def test_an_inclusion_proof_is_short_and_cannot_be_lent(ready: ExamWorkspace, signed_base: Base) -> None:
    ready.publish(signed_base.path)
    token = Folder(ready.folder / "batches" / "0001").head_token()
    lines = all_lines(ready)
    with ready.database.reading() as connection:
        node = merkle.nodes(published_batches.tiles(connection, "demo"))
        path = tuple(merkle.inclusion_proof(node, 4, 10))
    proof = InclusionProof(token, 4, lines[4].decode(), path)
    assert read_proof(proof.to_json()) == proof
    assert proof.check(ready.batch_keys, "demo")[0] == LogLine.from_bytes(lines[4])
    with pytest.raises(ProofInvalid):
        replace(proof, line=lines[5].decode()).check(ready.batch_keys, "demo")
    with pytest.raises(BatchHeadInvalid):
        proof.check(ready.batch_keys, "another")
    licence_key = ready.rings.authority.signer("licence")
    forged = replace(TreeHead.verify(token, ready.batch_keys, "demo"), size=11).sign(licence_key)
    with pytest.raises(BatchHeadInvalid):
        replace(proof, head=forged).check(ready.batch_keys, "demo")


def test_a_charter_lists_the_batch_key_apart_from_the_others(ready: ExamWorkspace) -> None:
    charter = ready.sign().charter
    assert charter.batch_keys_by_kid == ready.batch_keys
    assert {key.use for key in charter.keys} == {"licence", "activation", "ticket"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"act":"show","jti":"x","licence":"","seat":"","sha256":"","size":1}',
        b'{"act":"withdraw", "jti":"' + b"a" * 32 + b'","seat":"' + b"b" * 32 + b'"}',
        b'{"act":"withdraw","jti":"' + b"a" * 32 + b'","name":"x","seat":"' + b"b" * 32 + b'"}',
        b'{"act":"drop","jti":"' + b"a" * 32 + b'","seat":"' + b"b" * 32 + b'"}',
        b'{"act":"withdraw","jti":7,"seat":"' + b"b" * 32 + b'"}',
    ],
)
def test_only_canonical_lines_are_read(data: bytes) -> None:
    with pytest.raises(BatchHeadInvalid):
        LogLine.from_bytes(data)


def test_lines_are_canonical_json() -> None:
    for line in (
        LogLine(SHOW, "b" * 32, "a" * 32, "c" * 64, "d" * 64, 7),
        LogLine(SHOW, "b" * 32, "a" * 32, "c" * 64, "d" * 64, 7, "phone"),
        LogLine(WITHDRAW, "b" * 32, "a" * 32),
    ):
        members = {name: value for name, value in vars(line).items() if value not in ("", 0, "installer")}
        assert line.to_bytes() == jws.canonical_json(members)
        assert LogLine.from_bytes(line.to_bytes()) == line


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"proof":"other","path":[]}', b'{"proof":"inclusion"}']
)
def test_what_is_no_proof_is_refused_as_none(data: bytes) -> None:
    with pytest.raises(BatchHeadInvalid):
        read_proof(data)


def test_an_edition_that_was_never_issued_has_nothing_to_list(ready: ExamWorkspace) -> None:
    with ready.database.reading() as connection:
        edition = licences.find_edition(connection, "demo", "0" * 64, BUILD, ready.exam.ends)
        assert (
            edition is None and published_batches.find_seats_to_show(connection, 99, "", 10, whole=True) == []
        )


def test_two_states_of_one_workspace_cannot_sign_two_heads_under_one_number(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    """A rehearsal on a restored copy publishes batch 2; the workspace's own state must not sign another."""
    ready.publish(signed_base.path)
    own = ready.database
    backup.backup(own, ready.folder / "backup", NOW)
    backup.restore(ready.folder / "backup", f"sqlite:///{ready.folder / 'other.db'}")
    _use(ready, Database.open(ready.folder / "other.db"))
    ready.issue(people(12))
    assert ready.publish(signed_base.path).published_batch == 2
    ready.database.close()

    _use(ready, own)
    ready.issue(people(14))
    with pytest.raises(BatchOfOtherState) as refused:
        ready.publish(signed_base.path)
    assert "0002" in refused.value.cause_text.en
    with pytest.raises(BatchOfOtherState):
        ready.publisher.preview(signed_base.path, ready.manifest)
    assert len(ready.rows("manifest_heads")["manifest_heads"]) == 1, "nothing was signed"

    (ready.folder / "batches" / "0002").rename(ready.folder / "rehearsed")
    assert ready.publish(signed_base.path).published_batch == 2
    (ready.folder / "batches" / "0002" / "head.jws").write_bytes(
        (ready.folder / "rehearsed" / "head.jws").read_bytes()
    )
    ready.issue(people(16))
    with pytest.raises(BatchOfOtherState):
        ready.publish(signed_base.path)


def _use(workspace: ExamWorkspace, database: Database) -> None:
    workspace.database = database
    workspace.log = replace(workspace.log, database=database)
