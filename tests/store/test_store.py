"""The promises of the store protocol, tested on each backend."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneseat.files.chunks import CHUNK_BYTES
from oneseat.store import FolderStore, SharedPrefix, Store, base_name, open_store
from oneseat.store.errors import (
    ObjectAbsent,
    ObjectDiffers,
    ObjectNameInvalid,
    SourceChanged,
    StoreFull,
    StoreUnavailable,
)
from oneseat.store.protocol import checked_name
from tests.effort import examples


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def _file(tmp_path: Path, content: bytes) -> tuple[Path, str]:
    path = tmp_path / "source"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def test_what_is_put_can_be_read_whole_and_in_part(store: Store, tmp_path: Path) -> None:
    content = os.urandom(2 * CHUNK_BYTES + 17)
    source, sha256 = _file(tmp_path, content)
    name = base_name(sha256)
    assert store.find(name) is None
    assert store.put(name, source, sha256).size == len(content)
    assert store.find(name) is not None
    assert b"".join(store.read(name)) == content
    assert b"".join(store.read(name, 5, CHUNK_BYTES + 1)) == content[5 : CHUNK_BYTES + 6]
    assert b"".join(store.read(name, len(content) - 3)) == content[-3:]
    assert store.local_file(name, sha256).read_bytes() == content
    assert max(len(piece) for piece in store.read(name)) <= CHUNK_BYTES


def test_putting_again_is_free_and_other_content_is_refused(store: Store, tmp_path: Path) -> None:
    source, sha256 = _file(tmp_path, b"one")
    store.put("bases/x.exe", source, sha256)
    store.put("bases/x.exe", source, sha256)
    other, other_sha256 = _file(tmp_path, b"two")
    with pytest.raises(ObjectDiffers):
        store.put("bases/x.exe", other, other_sha256)
    assert b"".join(store.read("bases/x.exe")) == b"one"


def test_a_changed_source_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    source, _ = _file(tmp_path, b"one")
    with pytest.raises(SourceChanged):
        store.put("bases/x.exe", source, "0" * 64)
    assert store.find("bases/x.exe") is None
    assert store.sweep() == 0


def test_what_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(ObjectAbsent):
        store.local_file("bases/x.exe", "0" * 64)
    with pytest.raises(ObjectAbsent):
        list(store.read("bases/x.exe"))


def test_names_come_in_order_and_by_prefix(store: Store, tmp_path: Path) -> None:
    source, sha256 = _file(tmp_path, b"one")
    names = ["a-b/1", "a/1", "a/1-x", "a1", "b/1", "b/2"]  # in the order of their bytes: '-' before '/'
    for name in reversed(names):
        store.put(name, source, sha256)
    assert list(store.names()) == names
    assert list(store.names("b/")) == ["b/1", "b/2"]
    assert list(store.names("a/1")) == ["a/1", "a/1-x"]
    assert list(store.names("a")) == names[:4]
    assert list(store.names("c/")) == []
    store.remove("b/1")
    store.remove("b/1")
    assert list(store.names("b/")) == ["b/2"]
    assert store.remove_all(names) == 6
    assert list(store.names()) == []


def test_a_few_bytes_are_stored_like_a_file(store: Store) -> None:
    sha256 = hashlib.sha256(b"tail").hexdigest()
    assert store.put_bytes("tails/1", b"tail", sha256).size == 4
    assert store.put_bytes("tails/1", b"tail", sha256).size == 4
    with pytest.raises(ObjectDiffers):
        store.put_bytes("tails/1", b"liat", hashlib.sha256(b"liat").hexdigest())
    with pytest.raises(SourceChanged):
        store.put_bytes("tails/2", b"liat", sha256)
    assert b"".join(store.read("tails/1")) == b"tail"
    assert list(store.names()) == ["tails/1"]


@pytest.mark.parametrize("size", [40_000, 5 * (1 << 20) + 4000], ids=["small", "large enough to copy"])
def test_an_object_is_composed_of_a_head_and_a_tail(store: Store, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    source, sha256 = _file(tmp_path, content)
    store.put("bases/x.exe", source, sha256)
    shared = SharedPrefix("bases/x.exe", source, size - 4000)
    assert shared.md5 == hashlib.md5(content[:-4000]).digest()
    whole = content[:-4000] + b"t" * 4000
    expected = hashlib.sha256(whole).hexdigest()
    assert store.compose("installers/1.exe", shared, b"t" * 4000, expected).size == size
    assert b"".join(store.read("installers/1.exe")) == whole
    assert store.compose("installers/1.exe", shared, b"t" * 4000, expected).size == size
    other = hashlib.sha256(content[:-4000] + b"u" * 4000).hexdigest()
    with pytest.raises(ObjectDiffers):
        store.compose("installers/1.exe", shared, b"u" * 4000, other)
    assert b"".join(store.read("installers/1.exe")) == whole
    assert store.sweep() == 0


def test_a_head_must_be_of_an_object_that_holds_it(store: Store, tmp_path: Path) -> None:
    source, _ = _file(tmp_path, os.urandom(6 << 20))
    shared = SharedPrefix("bases/x.exe", source, 6 << 20)
    with pytest.raises(ObjectAbsent):
        store.compose("installers/1.exe", shared, b"t", "0" * 64)
    short, short_sha256 = _file(tmp_path, os.urandom(1000))
    store.put("bases/x.exe", short, short_sha256)
    with pytest.raises(ObjectDiffers):
        store.compose("installers/1.exe", shared, b"t", "0" * 64)
    with pytest.raises(SourceChanged):
        SharedPrefix("bases/x.exe", short, 1001)
    assert list(store.names()) == ["bases/x.exe"]


@pytest.mark.parametrize(
    "name", ["", "../x", "a/../b", "/a", "a//b", ".hidden", "a/.b", "A", "a\\b", "a\0", "x" * 201]
)
def test_a_name_never_leaves_the_store(store: Store, name: str) -> None:
    with pytest.raises(ObjectNameInvalid):
        store.find(name)


@given(st.text(st.sampled_from("abZ09._-/\\名é\0\n\t"), max_size=30))
def test_every_accepted_name_stays_inside(name: str) -> None:
    try:
        checked_name(name)
    except ObjectNameInvalid:
        return
    inside = Path("/store") / name
    assert Path(os.path.normpath(inside)) == inside
    assert inside.is_relative_to("/store/")


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 250), st.none() | st.integers(0, 250))
def test_a_range_is_a_slice(
    store: Store, tmp_path: Path, content: bytes, start: int, length: int | None
) -> None:
    source, sha256 = _file(tmp_path, content)
    name = f"ranges/{sha256}"
    store.put(name, source, sha256)
    end = None if length is None else start + length
    assert b"".join(store.read(name, start, length)) == content[start:end]


def test_many_writers_of_one_object_agree(store: Store, tmp_path: Path) -> None:
    source, sha256 = _file(tmp_path, os.urandom(300_000))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: store.put("bases/x.exe", source, sha256), range(24)))
    assert {result.size for result in results} == {300_000}
    assert store.sweep() == 0


def test_a_full_disk_is_named_and_nothing_is_left(
    folder: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source, sha256 = _file(tmp_path, b"one")
    monkeypatch.setattr("oneseat.store.folder.os.fsync", full)
    with pytest.raises(StoreFull):
        folder.put("bases/x.exe", source, sha256)
    monkeypatch.undo()
    assert list(folder.names()) == []
    assert folder.sweep() == 0


def test_a_killed_writer_leaves_no_object_and_the_next_one_succeeds(
    folder: FolderStore, tmp_path: Path
) -> None:
    source, sha256 = _file(tmp_path, os.urandom(1000))
    script = (
        "import os, sys, time; from pathlib import Path; import oneseat.store.folder\n"
        "def wait(fd): print('writing', flush=True); time.sleep(60)\n"
        "os.fsync = wait\n"
        "store = oneseat.store.folder.FolderStore(Path(sys.argv[1]))\n"
        "store.put('bases/x.exe', Path(sys.argv[2]), sys.argv[3])\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "store"), str(source), sha256], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert folder.find("bases/x.exe") is None
    assert list(folder.names()) == []
    folder.put("bases/x.exe", source, sha256)
    assert folder.sweep() == 1
    assert list(folder.names()) == ["bases/x.exe"]


def test_memory_stays_flat(store: Store, tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 * CHUNK_BYTES)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    tracemalloc.start()
    store.put("bases/x.exe", path, sha256)
    for _ in store.read("bases/x.exe"):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK_BYTES


def test_an_address_without_a_backend_is_refused() -> None:
    with pytest.raises(StoreUnavailable):
        open_store("gopher://bucket/secret")
    assert open_store("some/folder").where == str(Path("some/folder"))


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    source, sha256 = _file(tmp_path, b"one")
    (tmp_path / "store").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreUnavailable):
        FolderStore(tmp_path / "store").put("bases/x.exe", source, sha256)


def test_time_is_not_spent_on_what_is_there(folder: FolderStore, tmp_path: Path) -> None:
    source, sha256 = _file(tmp_path, os.urandom(1000))
    folder.put("x", source, sha256)
    before = (folder.folder / "x").stat().st_mtime_ns
    time.sleep(0.01)
    folder.put("x", source, sha256)
    assert (folder.folder / "x").stat().st_mtime_ns == before
