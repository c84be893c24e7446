"""Publishing is one step: before it candidates see the old release, after it the new, and never a mixture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import BuildNotAccepted, CharterUnsigned
from oneseat.pipeline.issuing import issuer, run
from oneseat.pipeline.publishing import log
from oneseat.pipeline.publishing.errors import IssueUnfinished, NothingIssued, SeatsLeftOut
from oneseat.pipeline.roster.sample import Person
from oneseat.state.accounts import audit
from oneseat.state.candidates import seats
from oneseat.state.errors import RunInProgress
from oneseat.state.publishing import releases
from oneseat.store.errors import ObjectDiffers
from signing.authority.batch_log import TreeHead
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from tests.merkle_roots import stream_root
from tests.pipeline.exam_workspace import BUILD, ExamWorkspace, Rings, people
from tests.pipeline.killed_publish import kill_publish
from tests.pipeline.publish_in_a_process import MOMENTS
from tests.published import published_seats
from tests.signing.signed_files import Base, FileSigner

SEEN = ("seats", "current_releases", "revocations")


@pytest.fixture
def manifest(signed_base: Base) -> Manifest:
    return replace(signed_base.manifest, build=BUILD)


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, manifest: Manifest) -> ExamWorkspace:
    """A workspace with a charter in force and ten seats issued."""
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(workspace.database, workspace.sign(), workspace.clock)
    workspace.issue(people(10))
    return workspace


def _visible(workspace: ExamWorkspace) -> list[seats.PublishedSeat]:
    with workspace.database.reading() as connection:
        return published_seats(connection, "demo")


def test_a_release_shows_base_and_seats(ready: ExamWorkspace, signed_base: Base, manifest: Manifest) -> None:
    assert _visible(ready) == []
    done = ready.publish(signed_base.path)
    assert (done.seats, done.new, done.replaced, done.left_out, done.changed) == (10, 10, 0, 0, True)
    assert (
        ready.store.local_file(done.object_name, done.base_sha256).read_bytes()
        == signed_base.path.read_bytes()
    )
    assert {seat.base for seat in _visible(ready)} == {manifest.authenticode_sha256}
    with ready.database.reading() as connection:
        release = releases.current(connection, "demo")
        assert release is not None
        assert Manifest.from_json(release.manifest.encode()) == manifest
        audit.verify(connection)


def test_publishing_again_changes_nothing_and_what_is_missing_is_put_back(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    first = ready.publish(signed_base.path)
    assert not ready.publish(signed_base.path).changed
    ready.store.remove(first.object_name)
    again = ready.publish(signed_base.path)
    assert again.changed
    assert ready.store.find(again.object_name) is not None


def test_a_corrected_roster_is_seen_only_after_the_next_release(
    ready: ExamWorkspace, signed_base: Base
) -> None:
    ready.publish(signed_base.path)
    before = _visible(ready)
    listed = people(11)
    listed[4] = Person(listed[4].name + "乙", *listed[4][1:])
    ready.issue(listed)
    assert _visible(ready) == before
    done = ready.publish(signed_base.path)
    assert (done.seats, done.new, done.replaced) == (11, 1, 1)
    changed = {seat.jti for seat in before} - {seat.jti for seat in _visible(ready)}
    assert changed == {row[0] for row in ready.rows("revocations")["revocations"]}
    assert len(changed) == 1


def test_a_second_base_takes_over_whole_or_not_at_all(
    ready: ExamWorkspace, signed_base: Base, file_signer: FileSigner
) -> None:
    ready.publish(signed_base.path)
    hotfix = file_signer.base(file_signer.signed("amd64-unicode", "hotfix"), 9000)
    manifest = replace(hotfix.manifest, build="hotfix", authenticode_sha256="e" * 64)
    ready.issue(people(9), manifest)
    with pytest.raises(BuildNotAccepted):
        ready.publish(hotfix.path, manifest)
    charters.publish(ready.database, ready.sign("hotfix"), ready.clock)
    with pytest.raises(SeatsLeftOut) as caught:
        ready.publish(hotfix.path, manifest)
    assert caught.value.facts == {"count": 1}
    assert len(_visible(ready)) == 10
    ready.issue(people(10), manifest)
    assert ready.publish(hotfix.path, manifest).seats == 10
    assert {seat.base for seat in _visible(ready)} == {"e" * 64}


def test_seats_are_left_out_only_when_that_is_meant(
    ready: ExamWorkspace, signed_base: Base, manifest: Manifest
) -> None:
    ready.publish(signed_base.path)
    longer = ready.exam.model_copy(update={"ends": ready.exam.ends + timedelta(days=1)})
    ready.exam = longer
    ready.issue(people(7))
    done = ready.publish(signed_base.path, leave_out=True)
    assert (done.seats, done.left_out) == (7, 3)
    assert len(_visible(ready)) == 7
    assert not ready.publish(signed_base.path, leave_out=True).changed


def test_nothing_is_published_without_what_it_needs(
    tmp_path: Path, rings: Rings, signed_base: Base, manifest: Manifest
) -> None:
    workspace = ExamWorkspace(tmp_path, rings, manifest)
    with pytest.raises(NothingIssued):
        workspace.publish(signed_base.path)
    with pytest.raises(OfOtherExam):
        workspace.publish(signed_base.path, replace(manifest, exam="other"))
    workspace.issue(people(3))
    with pytest.raises(CharterUnsigned):
        workspace.publish(signed_base.path)
    assert not any(workspace.rows("releases", "current_releases").values())
    assert not (tmp_path / "store").exists()


def test_a_base_that_differs_from_its_manifest_is_not_published(
    ready: ExamWorkspace, signed_base: Base, tmp_path: Path
) -> None:
    for at in (0x80, 0x600, -20):  # headers, program, licence region
        changed = bytearray(signed_base.path.read_bytes())
        changed[at] ^= 1
        (tmp_path / "changed.exe").write_bytes(changed)
        with pytest.raises(BaseChanged):
            ready.publish(tmp_path / "changed.exe")
    assert _visible(ready) == []
    assert list(ready.store.names()) == []


def test_a_damaged_object_in_the_store_is_not_served(
    ready: ExamWorkspace, signed_base: Base, manifest: Manifest
) -> None:
    target = ready.folder / "store" / "bases" / f"{manifest.base_sha256}.exe"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    with pytest.raises(ObjectDiffers):
        ready.publish(signed_base.path)
    assert _visible(ready) == []


def test_an_interrupted_issue_is_finished_before_anything_is_published(
    ready: ExamWorkspace, signed_base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 10)

    def stop(_: issuer.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ready.issuer().issue(ready.roster(people(30)), on_progress=stop)
    with pytest.raises(IssueUnfinished):
        ready.publish(signed_base.path)
    ready.issue(people(30))
    assert ready.publish(signed_base.path).seats == 30


def test_issue_and_publish_exclude_each_other(ready: ExamWorkspace, signed_base: Base) -> None:
    with ready.database.exclusive(issuer.lock_name("demo")), pytest.raises(RunInProgress):
        ready.publish(signed_base.path)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_candidates_see_the_old_or_the_new(
    ready: ExamWorkspace, signed_base: Base, manifest: Manifest, moment: str
) -> None:
    kill_publish(ready, signed_base.path, manifest, moment)

    seen = _visible(ready)
    assert len(seen) == (10 if MOMENTS[moment] else 0)
    if seen:
        assert all(ready.store.find(name) for name in ready.store.names())
    done = ready.publish(signed_base.path)
    assert done.changed is not MOMENTS[moment]
    assert len(_visible(ready)) == 10
    assert [path.name for path in (ready.folder / "store").rglob(".*")] == []
    assert len(ready.rows("releases")["releases"]) == 1
    assert len(ready.rows("manifest_heads")["manifest_heads"]) == 1
    assert len(ready.rows("manifest_lines")["manifest_lines"]) == 10
    assert [path.name for path in (ready.folder / "batches").iterdir()] == ["0001"]
    folder = log.Folder(ready.folder / "batches" / "0001")
    head = TreeHead.verify(folder.head_token(), ready.batch_keys, "demo")
    assert stream_root(folder.lines()) == (10, head.root_hash)
