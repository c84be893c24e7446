"""What a store holds for each seat: compared in order, put once, reused by the next release, taken away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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
    Lot,
    Missing,
    Placed,
    Placing,
    Surplus,
    Wanted,
    differences,
    place,
)
from oneseat.pipeline.workers.pool import Workers
from oneseat.state.accounts import audit
from oneseat.state.candidates import seats
from oneseat.state.publishing import releases
from oneseat.state.publishing.releases import SeatToken
from oneseat.store import Store, installer_name, open_store, tail_name
from oneseat.store.errors import StoreBusy
from oneseat.store.s3_bucket import TransferOptions
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from tests.buckets import Bucket
from tests.fault_proxy import FaultProxy, Refuse, fault_proxy
from tests.pipeline.batches import BUILD, PASSPHRASE, Desk, Rings, people
from tests.published import published_seats
from tests.signing.signed_files import Base

HERE = Path(__file__).parent
WHOLE, TAILS = Placing(Form.WHOLE), Placing(Form.TAILS)
PEOPLE = 6
MIB = 1 << 20

names = st.lists(st.text("abc/-", min_size=1, max_size=4), unique=True).map(sorted)


@given(names, names)
def test_differences_are_those_of_sets(wanted: list[str], held: list[str]) -> None:
    token = SeatToken("j", "t")
    found = list(differences([Wanted(name, token) for name in wanted], held))
    missing = [one.wanted.name for one in found if isinstance(one, Missing)]
    kept = [one.wanted.name for one in found if isinstance(one, Kept)]
    surplus = [one.name for one in found if isinstance(one, Surplus)]
    assert missing == sorted(set(wanted) - set(held))
    assert kept == sorted(set(wanted) & set(held))
    assert surplus == sorted(set(held) - set(wanted))


class Shop:
    """A desk that publishes a base to a store."""

    def __init__(self, desk: Desk, base: Path, manifest: Manifest) -> None:
        self.desk = desk
        self.base = base
        self.manifest = manifest

    def publish(self, placing: Placing = WHOLE, **how: bool) -> Placed:
        done = self.desk.publish(self.base, self.manifest, placing=placing, **how)
        assert done.placed is not None
        return done.placed

    def visible(self) -> list[seats.PublishedSeat]:
        with self.desk.database.reading() as connection:
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

    def held(self, *prefixes: str) -> dict[str, bytes]:
        store = self.desk.store
        found = [name for prefix in prefixes or ("installers/", "tails/") for name in store.names(prefix)]
        return {name: b"".join(store.read(name)) for name in found}


@pytest.fixture(scope="session")
def large_base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A base that is large enough to be copied on a server."""
    manifest, path = bases.make(tmp_path_factory.mktemp("large"), 6 * MIB)
    return path, replace(manifest, exam="demo", build=BUILD)


@pytest.fixture
def desk(tmp_path: Path, rings: Rings, large_base: tuple[Path, Manifest]) -> Desk:
    made = Desk(tmp_path, rings, large_base[1])
    charters.publish(made.database, made.sign(), made.clock)
    made.issue(people(PEOPLE))
    return made


@pytest.fixture
def shop(desk: Desk, large_base: tuple[Path, Manifest]) -> Shop:
    """A desk that publishes to a folder."""
    return Shop(desk, *large_base)


@pytest.fixture(params=["folder", "swift", "moto"])
def any_shop(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    """A desk that publishes to each kind of store in turn."""
    if request.param != "folder":
        bucket: Bucket = request.getfixturevalue(f"at_{request.param}")
        shop.desk.store = bucket.store()
    return shop


@pytest.mark.parametrize("workers", [Workers(0), Workers(2)], ids=["here", "processes"])
def test_whole_installers_are_the_very_files_that_are_stamped(any_shop: Shop, workers: Workers) -> None:
    placed = any_shop.publish(replace(WHOLE, workers=workers))
    assert placed == Placed("whole", PEOPLE, 0, 0)
    assert any_shop.held() == any_shop.expected()
    assert len(any_shop.visible()) == PEOPLE
    assert any_shop.publish() == Placed("whole", 0, PEOPLE, 0)


def test_tails_are_the_ends_of_installers(any_shop: Shop) -> None:
    assert any_shop.publish(TAILS) == Placed("tails", PEOPLE, 0, 0)
    assert any_shop.held() == any_shop.expected(Form.TAILS)


def test_a_small_base_is_published_whole_too(
    tmp_path: Path, rings: Rings, signed_base: Base, moto_bucket: Bucket
) -> None:
    manifest = replace(signed_base.manifest, build=BUILD)
    small = Desk(tmp_path, rings, manifest)
    charters.publish(small.database, small.sign(), small.clock)
    small.issue(people(PEOPLE))
    small.store = moto_bucket.store()
    shop = Shop(small, signed_base.path, manifest)
    assert shop.publish().put == PEOPLE
    assert shop.held() == shop.expected()


def test_a_second_release_puts_only_what_changed_and_pruning_takes_the_rest(any_shop: Shop) -> None:
    desk = any_shop.desk
    any_shop.publish()
    first = any_shop.held()
    roster = people(PEOPLE + 1)
    roster[2] = roster[2]._replace(name=roster[2].name + "乙")
    desk.issue(roster, any_shop.manifest)
    listed = list[str]()
    found = desk.publisher.preview(any_shop.base, any_shop.manifest, Form.WHOLE, on_difference=listed.append)
    assert (found.put, found.kept, found.surplus, found.base) == (2, PEOPLE - 1, 1, "kept")
    assert any_shop.held() == first, "a dry run changes nothing"
    assert any_shop.publish() == Placed("whole", 2, PEOPLE - 1, 1)
    second = any_shop.expected()
    assert {line[2:] for line in listed if line.startswith("+")} == set(second) - set(first)
    assert {line[2:] for line in listed if line.startswith("-")} == set(first) - set(second)
    assert any_shop.held() == {**first, **second}, "who is downloading the old one may finish"
    done = desk.publish(any_shop.base, any_shop.manifest, placing=WHOLE, prune=True)
    assert (done.pruned, done.changed) == (1, False)
    assert any_shop.held() == second


def test_another_form_makes_the_objects_of_the_first_superfluous(shop: Shop) -> None:
    shop.publish()
    found = shop.desk.publisher.preview(shop.base, shop.manifest)
    assert (found.put, found.kept, found.surplus, found.changes) == (0, 0, PEOPLE, False)
    assert shop.desk.publish(shop.base, shop.manifest, prune=True).pruned == PEOPLE
    assert shop.held() == {}
    assert shop.desk.store.find(f"bases/{shop.manifest.base_sha256}.exe") is not None


def test_a_dry_run_before_the_first_release_says_all_and_does_nothing(any_shop: Shop) -> None:
    listed = list[str]()
    found = any_shop.desk.publisher.preview(
        any_shop.base, any_shop.manifest, Form.WHOLE, on_difference=listed.append
    )
    assert (found.base, found.new, found.put, found.changes) == ("missing", PEOPLE, PEOPLE, True)
    assert len(listed) == PEOPLE + 1
    assert list(any_shop.desk.store.names()) == []
    assert any_shop.visible() == []


def test_a_name_that_is_taken_stops_the_release_and_nothing_is_shown(shop: Shop) -> None:
    shop.publish()
    name, content = next(iter(shop.held().items()))
    file = shop.desk.folder / "store" / name
    file.chmod(0o644)
    file.write_bytes(content[:-1])
    shop.desk.issue(people(PEOPLE + 1), shop.manifest)
    assert shop.publish().kept == PEOPLE, "names are trusted in a list; verify --all reads contents"
    with shop.desk.database.reading() as connection:
        shown = releases.current(connection, "demo")
    assert shown is not None
    lot = Lot("demo", shown.edition_id, Form.WHOLE, shop.base, shop.manifest)

    class Forgetful:
        """A store whose list lacks what is there."""

        def __init__(self, store: Store) -> None:
            self._store = store
            self.url = store.url

        def sweep(self, prefix: str) -> int:
            return self._store.sweep(prefix)

        def names(self, prefix: str) -> Iterator[str]:
            return iter(())

    stamper = Stamper(shop.manifest, shop.base)
    with pytest.raises(ObjectsMissing) as caught:
        place(lot, WHOLE, shop.desk.database, Forgetful(shop.desk.store), stamper)  # type: ignore[arg-type]
    assert caught.value.facts["count"] == 1


# ------------------------------------------------------------------------------ unpublish


def test_installers_are_withdrawn_once_nobody_may_download(any_shop: Shop) -> None:
    desk = any_shop.desk
    any_shop.publish()
    with pytest.raises(DownloadsOpen):
        desk.withdrawer.withdraw()
    assert len(any_shop.held()) == PEOPLE
    desk.clock.at = desk.exam.download.closes + timedelta(days=1)
    done = desk.withdrawer.withdraw()
    assert (done.removed, done.changed) == (PEOPLE + 1, True)
    assert list(desk.store.names()) == []
    assert {seat.withdrawn for seat in any_shop.visible()} == {True}
    assert not desk.withdrawer.withdraw().changed
    with desk.database.reading() as connection:
        acts = [entry.act for entry in audit.latest(connection, "demo", 10)]
        audit.verify(connection)
    assert acts.count("unpublish") == 1
    assert any_shop.publish().put == PEOPLE, "publishing again brings them back"
    assert {seat.withdrawn for seat in any_shop.visible()} == {False}


def test_withdrawing_early_must_be_meant(shop: Shop) -> None:
    shop.publish()
    assert shop.desk.withdrawer.withdraw(early=True).changed


# ------------------------------------------------------------------------------ killed


def run_and_kill(shop: Shop, url: str, proxy: FaultProxy, at: int, act: str) -> bool:
    """Run ``act`` as a process and kill it while its request number ``at`` waits; whether it got that far."""
    command = [
        *(sys.executable, str(HERE / "place_in_a_process.py"), act, url),
        *(str(shop.desk.folder), str(shop.base)),
    ]
    environment = {
        **os.environ,
        "RINGS": str(shop.desk.rings.authority.folder),
        "PASSPHRASE": PASSPHRASE.decode(),
    }
    before = len(proxy.requests)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=HERE.parents[1]
    ) as process:
        proxy.hold_at(before + at)
        reached = proxy.wait_for_hold(lambda: process.poll() is not None)
        if reached:
            process.send_signal(signal.SIGKILL)
        proxy.release()
        _, said = process.communicate()
    assert reached or process.returncode == 0, said.decode()[-2000:]
    return reached


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", [Form.WHOLE, Form.TAILS])
def test_killed_at_any_request_the_next_run_ends_in_the_same_state(
    bucket: Bucket, shop: Shop, form: Form
) -> None:
    (shop.desk.folder / "manifest.json").write_bytes(shop.manifest.to_json())
    with fault_proxy(bucket.server.url) as proxy:
        at = 1
        # Each run is killed one request later than the one before, and starts from what that one left.
        disturbed = bucket.server.address(bucket.name, "disturbed", proxy.url)
        while run_and_kill(shop, disturbed, proxy, at, str(form)):
            at += 1
            assert at < 200
        assert at > 3
        shop.desk.store = open_store(disturbed)
        assert shop.held() == shop.expected(form)
        assert len(shop.visible()) == PEOPLE
        assert shop.desk.store.sweep() == 0, "uploads were left open"
        assert len(shop.desk.rows("releases")["releases"]) == 1
        at = 1
        while run_and_kill(shop, disturbed, proxy, at, "withdraw"):
            at += 1
            assert at < 200
        assert list(shop.desk.store.names()) == []
        assert len(shop.desk.rows("releases")["releases"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("form", [Form.WHOLE, Form.TAILS])
def test_killed_at_any_file_of_a_folder_the_next_run_ends_in_the_same_state(shop: Shop, form: Form) -> None:
    (shop.desk.folder / "manifest.json").write_bytes(shop.manifest.to_json())
    place = [sys.executable, str(HERE / "place_in_a_process.py"), str(form), shop.desk.store.url]
    place += [str(shop.desk.folder), str(shop.base)]
    environment = {
        **os.environ,
        "RINGS": str(shop.desk.rings.authority.folder),
        "PASSPHRASE": PASSPHRASE.decode(),
    }
    for number in (1, 2, 4):  # the base; the first file for a seat; others
        with subprocess.Popen(
            [*place, str(number)], stdout=subprocess.PIPE, env=environment, cwd=HERE.parents[1]
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"now\n"
            process.send_signal(signal.SIGKILL)
        assert shop.visible() == []
    shop.publish(Placing(form))
    assert shop.held() == shop.expected(form)
    assert [path for path in (shop.desk.folder / "store").rglob(".*") if path.is_file()] == []


def test_a_store_that_stays_throttled_leaves_what_candidates_see_and_the_next_run_goes_on(
    bucket: Bucket, shop: Shop
) -> None:
    with fault_proxy(bucket.server.url) as proxy:
        shop.desk.store = bucket.store(through=proxy.url)
        count = iter(range(1000))

        def after_some(request: object) -> Refuse | None:
            return Refuse(503, "SlowDown") if next(count) > 12 else None

        proxy.fault = after_some
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("oneseat.store.s3.BATCH", TransferOptions(attempts=2))
            with pytest.raises(StoreBusy):
                shop.publish()
        assert shop.visible() == []
        proxy.clear_fault()
        done = shop.publish()
        assert done.put + done.kept == PEOPLE
        assert shop.held() == shop.expected()


# ------------------------------------------------------------------------------ the commands


def test_the_commands_publish_list_and_take_away(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = SimpleNamespace(path=shop.base, manifest=shop.manifest)
    monkeypatch.setattr("oneseat.pipeline.base.current_base.last_built", lambda project: made)
    monkeypatch.setattr("oneseat.pipeline.release.publisher", lambda project: shop.desk.publisher)
    monkeypatch.setattr("oneseat.pipeline.release.withdrawer", lambda project: shop.desk.withdrawer)

    def call(*arguments: str) -> tuple[int, str]:
        status = run(main_group, arguments)
        return status, capsys.readouterr().out

    def told(*arguments: str) -> dict[str, Any]:
        status, out = call(*arguments, "--json")
        assert status == 0
        said: dict[str, Any] = json.loads(out)
        return said

    status, out = call("publish", "--whole", "--dry-run")
    assert (status, out.count("+ installers/"), out.count("+ bases/")) == (0, PEOPLE, 1)
    assert "Would show 6 seats, 6 new" in out
    assert len(told("publish", "--whole", "--dry-run")["differences"]) == PEOPLE + 1
    assert json.loads(call("publish", "--whole", "--plan")[1]) == told("publish", "--whole", "--dry-run")
    done = told("publish", "--whole", "--workers", "0", "--connections", "2")
    assert done["placed"] == {"form": "whole", "put": PEOPLE, "kept": 0, "surplus": 0}
    assert call("publish", "--whole")[1] == (
        "Nothing new: it is release 1: 6 seats, 0 new, 0 replaced. Published batch 1. "
        "Objects: 0 put, 6 there already.\n"
    )
    assert told("publish", "--prune")["pruned"] == PEOPLE
    assert call("unpublish")[0] == DownloadsOpen.number
    assert told("unpublish", "--early")["removed"] == 1
    assert "nothing to take away" in call("unpublish", "--early")[1]
