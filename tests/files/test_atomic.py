"""A file is written whole or not at all, under a name that it gets last."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oneseat.files import atomic
from oneseat.files.atomic import write_atomic, writing

OLD, NEW = b"old", [b"new ", b"content"]


class Broken(Exception):
    pass


def broken() -> Iterator[bytes]:
    yield b"half"
    raise Broken


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("replace", [True, False])
def test_the_pieces_are_the_file_and_nothing_else_is_left(target: Path, durable: bool, replace: bool) -> None:
    write_atomic(target, NEW, durable=durable, replace=replace)
    assert target.read_bytes() == b"new content"
    assert list(target.parent.iterdir()) == [target]


def test_an_older_file_is_replaced(target: Path) -> None:
    target.write_bytes(OLD)
    write_atomic(target, NEW)
    assert target.read_bytes() == b"new content"


def test_without_replacing_a_taken_name_is_refused_and_kept(target: Path) -> None:
    target.write_bytes(OLD)
    with pytest.raises(FileExistsError):
        write_atomic(target, NEW, replace=False)
    assert target.read_bytes() == OLD and list(target.parent.iterdir()) == [target]


def test_a_name_that_was_taken_during_the_write_is_kept(target: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"late"
        target.write_bytes(OLD)

    with pytest.raises(FileExistsError):
        write_atomic(target, pieces(), replace=False)
    assert target.read_bytes() == OLD and list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_a_file_system_without_links_keeps_a_taken_name_too(
    target: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(code, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    write_atomic(target, NEW, replace=False)
    with pytest.raises(FileExistsError):
        write_atomic(target, [OLD], replace=False)
    assert target.read_bytes() == b"new content" and list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("present", [True, False])
def test_what_the_pieces_raise_leaves_what_was_there(target: Path, present: bool) -> None:
    if present:
        target.write_bytes(OLD)
    with pytest.raises(Broken):
        write_atomic(target, broken())
    assert [path.read_bytes() for path in target.parent.iterdir()] == [OLD] * present


def test_a_full_medium_leaves_what_was_there(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target.write_bytes(OLD)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(target, NEW)
    assert target.read_bytes() == OLD and list(target.parent.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "absent" / "file", NEW)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_file_never_has_wider_permissions_than_asked(target: Path, mode: int) -> None:
    old = os.umask(0)
    try:
        with writing(target, mode=mode) as file:
            assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == mode
    finally:
        os.umask(old)
    assert stat.S_IMODE(target.stat().st_mode) == mode


def test_durable_content_is_flushed_before_the_name_and_the_folder_after(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        size = os.fstat(descriptor).st_size
        assert is_folder or size == len(b"new content"), "buffers are written out before the flush"
        seen.append(("folder" if is_folder else "file", target.exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomic(target, NEW)
    assert seen == [("file", False), ("folder", True)]
    write_atomic(target, NEW, durable=False)
    assert len(seen) == 2


def test_readers_see_one_whole_file_or_the_other(target: Path) -> None:
    contents = [bytes([byte]) * 300_000 for byte in range(2)]
    write_atomic(target, [contents[0]], durable=False)
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            write_atomic(target, [contents[turn % 2]], durable=False)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(target.read_bytes() in contents for _ in range(200))
    finally:
        stop.set()
        writer.join()


def test_a_killed_writer_leaves_the_old_file(target: Path) -> None:
    target.write_bytes(OLD)
    script = (
        "import os, sys; from pathlib import Path; from oneseat.files.atomic import writing\n"
        "with writing(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os._exit(9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(target)], check=False, cwd=Path(__file__).parents[2]
    )
    assert ended.returncode == 9
    assert target.read_bytes() == OLD
    (leftover,) = (path for path in target.parent.iterdir() if path != target)
    assert leftover.name.startswith(".file.") and leftover.read_bytes() == b"half"


def test_a_file_to_create_must_not_exist(target: Path) -> None:
    target.write_bytes(OLD)
    with pytest.raises(FileExistsError):
        atomic.create(target)


def test_what_is_written_can_be_read_back_in_the_block(target: Path) -> None:
    with writing(target) as file:
        file.write(b"abc")
        file.seek(1)
        assert file.read() == b"bc"
