"""Syncing a store with a release: objects are uploaded once, reused by the next release, and deleted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import bases
from oneseat.commands.main import main_group
from oneseat.commands.run import run
from oneseat.pipeline.exam import charters
from oneseat.pipeline.publishing.errors import DownloadsOpen, ObjectsMissing
from oneseat.pipeline.publishing.store_sync import (
    Form,
    Kept,
    Missing,
    ObjectSet,
    Surplus,
    SyncOptions,
    SyncResult,
    Wanted,
    differences,
    sync_objects,
)
from oneseat.pipeline.workers.pool import WorkerOptions
from oneseat.state.accounts import audit
from oneseat.state.candidates import seats
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import SeatToken
from oneseat.store import Store, Stored, installer_name, open_store, tail_name
from oneseat.store.errors import StoreBusy
from oneseat.store.folder import FolderStore
from oneseat.store.s3_bucket import TransferOptions
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.text import verbatim
from tests.buckets import Bucket
from tests.effort import LONG
from tests.fault_proxy import FaultProxy, ProxiedRequest, Refuse, Reset, fault_proxy
from tests.forked import Forked
from tests.patience import PATIENCE_S
from tests.pipeline import sync_in_a_process
from tests.pipeline.exam_workspace import BUILD, ExamWorkspace, Rings, people
from tests.published import published_seats
from tests.signing.signed_files import Base

WHOLE, TAILS = SyncOptions(Form.WHOLE), SyncOptions(Form.TAILS)
PEOPLE = 6
KILLED_PEOPLE = PEOPLE if LONG else 3
"""For how many a run is killed at each request: one is uploaded, one is being so, one is still to be."""
MIB = 1 << 20

names = st.lists(st.text("abc/-", min_size=1, max_size=4), unique=True).map(sorted)


@given(names, names)
def test_differences_are_those_of_sets(wanted: list[str], stored: list[str]) -> None:
    token = SeatToken("j", "t")
    found = list(differences([Wanted(name, token) for name in wanted], stored))
    missing = [item.wanted.name for item in found if isinstance(item, Missing)]
    kept = [item.wanted.name for item in found if isinstance(item, Kept)]
    surplus = [item.name for item in found if isinstance(item, Surplus)]
    assert missing == sorted(set(wanted) - set(stored))
    assert kept == sorted(set(wanted) & set(stored))
    assert surplus == sorted(set(stored) - set(wanted))


class Publication:
    """A workspace, and the base that it publishes to a store."""

    def __init__(self, workspace: ExamWorkspace, base: Path, manifest: Manifest) -> None:
        self.workspace = workspace
        self.base = base
        self.manifest = manifest

    def publish(self, sync: SyncOptions = WHOLE, **options: bool) -> SyncResult:
        done = self.workspace.publish(self.base, self.manifest, sync=sync, **options)
        assert done.placed is not None
        return done.placed

    def visible(self) -> list[seats.PublishedSeat]:
        with self.workspace.database.reading() as connection:
            return published_seats(connection, "demo")

    def expected(self, form: Form = Form.WHOLE) -> dict[str, bytes]:
        """What the store must hold for the seats that are visible, by name."""
        stamper = Stamper(self.manifest, self.base)
        content = {}
        for seat in self.visible():
            tail = stamper.tail(seat.token.encode())
            sha256 = stamper.sha256(tail)
            if form is Form.WHOLE:
                whole = b"".join(stamper.stream(seat.token.encode()))
                content[installer_name("demo", seat.jti, sha256)] = whole
            else:
                content[tail_name("demo", seat.jti, sha256)] = tail
        return content

    def stored(self, *prefixes: str) -> dict[str, bytes]:
        store = self.workspace.store
        found = [name for prefix in prefixes or ("installers/", "tails/") for name in store.names(prefix)]
        return {name: b"".join(store.read(name)) for name in found}


@pytest.fixture(scope="session")
def large_base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A base that is large enough to be copied on a server."""
    manifest, path = bases.make(tmp_path_factory.mktemp("large"), 6 * MIB)
    return path, replace(manifest, exam="demo", build=BUILD)


@pytest.fixture
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, rings: Rings, large_base: tuple[Path, Manifest]
) -> ExamWorkspace:
    """Has seats for as many people as the test says."""
    made = ExamWorkspace(tmp_path, rings, large_base[1])
    charters.publish(made.database, made.sign(), made.clock)
    made.issue(people(getattr(request, "param", PEOPLE)))
    return made


@pytest.fixture
def publication(workspace: ExamWorkspace, large_base: tuple[Path, Manifest]) -> Publication:
    """Publishes to a folder."""
    return Publication(workspace, *large_base)


@pytest.fixture(params=["folder", "swift", "moto"])
def any_publication(request: pytest.FixtureRequest, publication: Publication) -> Publication:
    """Publishes to each kind of store in turn."""
    if request.param != "folder":
        bucket: Bucket = request.getfixturevalue(f"{request.param}_bucket")
        publication.workspace.store = bucket.store()
    return publication


@pytest.mark.parametrize("workers", [WorkerOptions(0), WorkerOptions(2)], ids=["here", "processes"])
def test_whole_installers_are_the_very_files_that_are_stamped(
    any_publication: Publication, workers: WorkerOptions
) -> None:
    placed = any_publication.publish(replace(WHOLE, workers=workers))
    assert placed == SyncResult("whole", PEOPLE, 0, 0)
    assert any_publication.stored() == any_publication.expected()
    assert len(any_publication.visible()) == PEOPLE
    assert any_publication.publish() == SyncResult("whole", 0, PEOPLE, 0)


def test_tails_are_the_ends_of_installers(any_publication: Publication) -> None:
    assert any_publication.publish(TAILS) == SyncResult("tails", PEOPLE, 0, 0)
    assert any_publication.stored() == any_publication.expected(Form.TAILS)


def test_a_small_base_is_published_whole_too(
    tmp_path: Path, rings: Rings, signed_base: Base, moto_bucket: Bucket
) -> None:
    manifest = replace(signed_base.manifest, build=BUILD)
    small = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(small.database, small.sign(), small.clock)
    small.issue(people(PEOPLE))
    small.store = moto_bucket.store()
    publication = Publication(small, signed_base.path, manifest)
    assert publication.publish().put == PEOPLE
    assert publication.stored() == publication.expected()


def test_a_second_release_puts_only_what_changed_and_pruning_takes_the_rest(
    any_publication: Publication,
) -> None:
    workspace = any_publication.workspace
    any_publication.publish()
    first = any_publication.stored()
    roster = people(PEOPLE + 1)
    roster[2] = roster[2]._replace(name=roster[2].name + "乙")
    workspace.issue(roster, any_publication.manifest)
    listed = list[str]()
    found = workspace.publisher.preview(
        any_publication.base, any_publication.manifest, Form.WHOLE, on_difference=listed.append
    )
    assert (found.put, found.kept, found.surplus, found.base) == (2, PEOPLE - 1, 1, "kept")
    assert any_publication.stored() == first, "a dry run changes nothing"
    assert any_publication.publish() == SyncResult("whole", 2, PEOPLE - 1, 1)
    second = any_publication.expected()
    assert {line[2:] for line in listed if line.startswith("+")} == set(second) - set(first)
    assert {line[2:] for line in listed if line.startswith("-")} == set(first) - set(second)
    assert any_publication.stored() == {**first, **second}, "who is downloading the old one may finish"
    done = workspace.publish(any_publication.base, any_publication.manifest, sync=WHOLE, prune=True)
    assert (done.pruned, done.changed) == (1, False)
    assert any_publication.stored() == second


def test_another_form_makes_the_objects_of_the_first_superfluous(publication: Publication) -> None:
    publication.publish()
    found = publication.workspace.publisher.preview(publication.base, publication.manifest)
    assert (found.put, found.kept, found.surplus, found.changes) == (0, 0, PEOPLE, False)
    assert publication.workspace.publish(publication.base, publication.manifest, prune=True).pruned == PEOPLE
    assert publication.stored() == {}
    assert publication.workspace.store.find(f"bases/{publication.manifest.base_sha256}.exe") is not None


def test_a_dry_run_before_the_first_release_says_all_and_does_nothing(any_publication: Publication) -> None:
    listed = list[str]()
    found = any_publication.workspace.publisher.preview(
        any_publication.base, any_publication.manifest, Form.WHOLE, on_difference=listed.append
    )
    assert (found.base, found.new, found.put, found.changes) == ("missing", PEOPLE, PEOPLE, True)
    assert len(listed) == PEOPLE + 1
    assert list(any_publication.workspace.store.names()) == []
    assert any_publication.visible() == []


def test_a_name_that_is_taken_stops_the_release_and_nothing_is_shown(publication: Publication) -> None:
    publication.publish()
    name, content = next(iter(publication.stored().items()))
    file = publication.workspace.folder / "store" / name
    file.chmod(0o644)
    file.write_bytes(content[:-1])
    publication.workspace.issue(people(PEOPLE + 1), publication.manifest)
    assert publication.publish().kept == PEOPLE, "names are trusted in a list; verify --all reads contents"
    with publication.workspace.database.reading() as connection:
        shown = releases.current(connection, "demo")
    assert shown is not None
    objects = ObjectSet("demo", shown.edition_id, Form.WHOLE, publication.base, publication.manifest)

    class Forgetful:
        """A store whose list lacks what is there."""

        def __init__(self, store: Store) -> None:
            self._store = store
            self.url = store.url

        def sweep(self, prefix: str) -> int:
            return self._store.sweep(prefix)

        def names(self, prefix: str) -> Iterator[str]:
            return iter(())

    stamper = Stamper(publication.manifest, publication.base)
    forgetful = Forgetful(publication.workspace.store)
    with pytest.raises(ObjectsMissing) as caught:
        sync_objects(objects, WHOLE, publication.workspace.database, forgetful, stamper)  # type: ignore[arg-type]
    assert caught.value.facts["count"] == 1


# ------------------------------------------------------------------------------ unpublish


def test_installers_are_withdrawn_once_nobody_may_download(any_publication: Publication) -> None:
    workspace = any_publication.workspace
    any_publication.publish()
    with pytest.raises(DownloadsOpen):
        workspace.withdrawer.withdraw()
    assert len(any_publication.stored()) == PEOPLE
    workspace.clock.at = workspace.exam.download.closes + timedelta(days=1)
    done = workspace.withdrawer.withdraw()
    assert (done.removed, done.changed) == (PEOPLE + 1, True)
    assert list(workspace.store.names()) == []
    assert {seat.withdrawn for seat in any_publication.visible()} == {True}
    assert not workspace.withdrawer.withdraw().changed
    with workspace.database.reading() as connection:
        acts = [entry.act for entry in audit.latest(connection, "demo", 10)]
        audit.verify(connection)
    assert acts.count("unpublish") == 1
    assert any_publication.publish().put == PEOPLE, "publishing again brings them back"
    assert {seat.withdrawn for seat in any_publication.visible()} == {False}


def test_withdrawing_early_must_be_meant(publication: Publication) -> None:
    publication.publish()
    assert publication.workspace.withdrawer.withdraw(early=True).changed


# ------------------------------------------------------------------------------ killed


def start(publication: Publication, act: str, url: str, *names: int) -> Forked:
    """Start ``act`` as a process."""
    workspace = publication.workspace
    given = (act, url, workspace.folder, publication.base, *names)
    return Forked(sync_in_a_process.main, *given, **workspace.rings.for_processes())


def run_and_kill(publication: Publication, url: str, proxy: FaultProxy, at: int, act: str) -> bool:
    """Run ``act`` as a process and kill it while its request number ``at`` waits; whether it got that far."""
    proxy.hold_at(len(proxy.requests) + at)
    with start(publication, act, url) as process:
        reached = proxy.wait_for_hold(lambda: not process.is_alive())
        if reached:
            process.kill()
        proxy.release()
        assert reached or process.wait() == 0, "its traceback is in the output"
    return reached


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workspace", [KILLED_PEOPLE], indirect=True, ids=["killed"])
@pytest.mark.parametrize("form", [Form.WHOLE, Form.TAILS])
def test_killed_at_any_request_the_next_run_ends_in_the_same_state(
    bucket: Bucket, publication: Publication, form: Form
) -> None:
    (publication.workspace.folder / "manifest.json").write_bytes(publication.manifest.to_json())
    with fault_proxy(bucket.server.url) as proxy:
        at = 1
        # Each run is killed one request later than the one before, and starts from what that one left.
        disturbed = bucket.server.address(bucket.name, "disturbed", proxy.url)
        while run_and_kill(publication, disturbed, proxy, at, str(form)):
            at += 1
            assert at < 200
        assert at > 3
        publication.workspace.store = open_store(disturbed)
        assert publication.stored() == publication.expected(form)
        assert len(publication.visible()) == KILLED_PEOPLE
        assert publication.workspace.store.sweep() == 0, "uploads were left open"
        assert len(publication.workspace.rows("releases")["releases"]) == 1
        at = 1
        while run_and_kill(publication, disturbed, proxy, at, "withdraw"):
            at += 1
            assert at < 200
        assert list(publication.workspace.store.names()) == []
        assert len(publication.workspace.rows("releases")["releases"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("form", [Form.WHOLE, Form.TAILS])
def test_killed_at_any_file_of_a_folder_the_next_run_ends_in_the_same_state(
    publication: Publication, form: Form
) -> None:
    (publication.workspace.folder / "manifest.json").write_bytes(publication.manifest.to_json())
    for number in (1, 2, 4):  # the base; the first file for a seat; others
        with start(publication, str(form), publication.workspace.store.url, number) as process:
            assert process.stdout.readline() == "now\n"
        assert publication.visible() == []
    publication.publish(SyncOptions(form))
    assert publication.stored() == publication.expected(form)
    assert [path for path in (publication.workspace.folder / "store").rglob(".*") if path.is_file()] == []


def test_a_store_that_stays_throttled_leaves_what_candidates_see_and_the_next_run_goes_on(
    bucket: Bucket, publication: Publication
) -> None:
    with fault_proxy(bucket.server.url) as proxy:
        publication.workspace.store = bucket.store(through=proxy.url)
        count = iter(range(1000))

        def after_some(request: object) -> Refuse | None:
            return Refuse(503, "SlowDown") if next(count) > 12 else None

        proxy.fault = after_some
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("oneseat.store.s3.BATCH", TransferOptions(attempts=2, outage_s=0))
            with pytest.raises(StoreBusy):
                publication.publish()
        assert publication.visible() == []
        proxy.clear_fault()
        done = publication.publish()
        assert done.put + done.kept == PEOPLE
        assert publication.stored() == publication.expected()


def test_a_refusal_ends_when_the_other_uploads_have_ended(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[str] = []
    ended: list[str] = []
    others_began = threading.Event()
    put = FolderStore.put_bytes

    def refuse_one(store: FolderStore, name: str, content: bytes, sha256: str, **how: bool) -> Stored:
        began.append(name)
        if len(began) == 1:
            assert others_began.wait(PATIENCE_S)
            raise StoreBusy(where=store.where, reason=verbatim("SlowDown"))
        others_began.set()
        time.sleep(0.3)
        stored = put(store, name, content, sha256, **how)
        ended.append(name)
        return stored

    monkeypatch.setattr(FolderStore, "put_bytes", refuse_one)
    with pytest.raises(StoreBusy):
        publication.publish(TAILS)
    assert sorted(ended) == sorted(began[1:]), "the next run would abort what is still being uploaded"
    monkeypatch.undo()
    assert publication.publish(TAILS).put == PEOPLE - len(ended)


def test_a_server_that_is_away_for_seconds_is_waited_for(
    moto_bucket: Bucket, publication: Publication
) -> None:
    with fault_proxy(moto_bucket.server.url) as proxy:
        address = moto_bucket.server.address(moto_bucket.name, "outage", proxy.url)
        publication.workspace.store = open_store(address)
        until = 0.0

        def away_in_the_middle(request: ProxiedRequest) -> Reset | None:
            nonlocal until
            if request.number == 12:
                until = time.monotonic() + 10
            return Reset() if time.monotonic() < until else None

        proxy.fault = away_in_the_middle
        assert publication.publish().put == PEOPLE
    assert len(publication.visible()) == PEOPLE


# ------------------------------------------------------------------------------ the commands


def test_the_commands_publish_list_and_take_away(
    publication: Publication, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = SimpleNamespace(path=publication.base, manifest=publication.manifest)
    monkeypatch.setattr("oneseat.pipeline.base.current_base.last_built", lambda project: made)
    monkeypatch.setattr("oneseat.pipeline.release.publisher", lambda project: publication.workspace.publisher)
    monkeypatch.setattr(
        "oneseat.pipeline.release.withdrawer", lambda project: publication.workspace.withdrawer
    )

    def call(*arguments: str) -> tuple[int, str]:
        status = run(main_group, arguments)
        return status, capsys.readouterr().out

    def call_json(*arguments: str) -> dict[str, Any]:
        status, out = call(*arguments, "--json")
        assert status == 0
        output: dict[str, Any] = json.loads(out)
        return output

    status, out = call("publish", "--whole", "--dry-run")
    assert (status, out.count("+ installers/"), out.count("+ bases/")) == (0, PEOPLE, 1)
    assert "Would show 6 seats, 6 new" in out
    assert len(call_json("publish", "--whole", "--dry-run")["differences"]) == PEOPLE + 1
    assert json.loads(call("publish", "--whole", "--plan")[1]) == call_json("publish", "--whole", "--dry-run")
    done = call_json("publish", "--whole", "--workers", "0", "--connections", "2")
    assert done["placed"] == {"form": "whole", "put": PEOPLE, "kept": 0, "surplus": 0}
    assert call("publish", "--whole")[1] == (
        "Nothing new: it is release 1: 6 seats, 0 new, 0 replaced. Published batch 1. "
        "Objects: 0 put, 6 there already.\n"
    )
    assert call_json("publish", "--prune")["pruned"] == PEOPLE
    assert call("unpublish")[0] == DownloadsOpen.number
    assert call_json("unpublish", "--early")["removed"] == 1
    assert "nothing to take away" in call("unpublish", "--early")[1]
