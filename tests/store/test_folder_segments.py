"""The folder's signed PUT: what a URL allows, what is refused, and what a kill or a full disk leaves."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.files import atomic
from oneseat.store.errors import (
    ObjectDiffers,
    ObjectNameInvalid,
    StoreUnavailable,
    UploadDiffers,
    UploadSizeWrong,
    UploadUrlRefused,
)
from oneseat.store.segments import FolderSegments, SegmentUpload, open_segment_store

NOW = datetime(2035, 1, 4, 4, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
SECOND = timedelta(seconds=1)
BASE = "https://room.example/room/segments/"
CONTENT = b"segment" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = f"recordings/demo/{'a' * 32}/camera/{'d' * 24}/000007-{SHA256}.webm"
UPLOAD = SegmentUpload(NAME, len(CONTENT), SHA256)


@pytest.fixture
def store(tmp_path: Path) -> FolderSegments:
    return FolderSegments(tmp_path / "store", b"k" * 32, BASE)


def _request(store: FolderSegments, upload: SegmentUpload = UPLOAD) -> tuple[str, dict[str, str]]:
    """Name and query of a signed URL, as the room gets them."""
    url = store.url_for(upload, NOW, LATER).url
    assert url.startswith(BASE)
    return urlsplit(url).path.removeprefix("/room/segments/"), dict(parse_qsl(urlsplit(url).query))


def _upload(store: FolderSegments, pieces: Iterable[bytes]) -> bool:
    with store.open(UPLOAD) as writer:
        for piece in pieces:
            writer.write(piece)
        return writer.finish()


def _files(store: FolderSegments) -> list[Path]:
    return [path for path in Path(store.where).rglob("*") if path.is_file()]


# ---------------------------------------------------------------------------------------------- URLs


def test_a_url_is_good_up_to_its_expiry(store: FolderSegments) -> None:
    name, query = _request(store)
    assert store.verify(name, query, LATER - SECOND) == UPLOAD
    for moment in (LATER, LATER + SECOND):
        with pytest.raises(UploadUrlRefused):
            store.verify(name, query, moment)
    assert store.url_for(UPLOAD, NOW, LATER).headers == {"Content-Type": "video/webm"}
    assert "signature" not in repr(store.url_for(UPLOAD, NOW, LATER))


@pytest.mark.parametrize(
    "change",
    [
        {"size": str(len(CONTENT) + 1)},
        {"size": f"0{len(CONTENT)}0"},
        {"size": "-1"},
        {"size": "²"},
        {"sha256": "0" * 64},
        {"expires": str(2**50)},
        {"expires": "9" * 400},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "签"},
        {"signature": None},
    ],
    ids=str,
)
def test_a_url_allows_nothing_else(store: FolderSegments, change: Mapping[str, str | None]) -> None:
    name, query = _request(store)
    changed = {member: value for member, value in {**query, **change}.items() if value is not None}
    with pytest.raises(UploadUrlRefused):
        store.verify(name, changed, NOW)


def test_a_url_is_for_one_name_and_one_key(store: FolderSegments, tmp_path: Path) -> None:
    name, query = _request(store)
    for other in (name.replace("a" * 32, "b" * 32), name + "x", "../" + name, "\ud800", ""):
        with pytest.raises(UploadUrlRefused):
            store.verify(other, query, NOW)
    with pytest.raises(UploadUrlRefused):
        FolderSegments(tmp_path, b"x" * 32, BASE).verify(name, query, NOW)
    upper = {**query, "signature": query["signature"].upper()}
    with pytest.raises(UploadUrlRefused):
        store.verify(name, upper, NOW)
    with pytest.raises(ObjectNameInvalid):
        store.url_for(SegmentUpload("../x", 1, SHA256), NOW, LATER)


@given(st.text(max_size=50), st.dictionaries(st.sampled_from(["size", "expires", "sha256"]), st.text()))
def test_nonsense_is_refused(name: str, query: dict[str, str]) -> None:
    with pytest.raises(UploadUrlRefused):
        FolderSegments(Path("unused"), b"k" * 32, BASE).verify(name, {**query, "signature": "a" * 64}, NOW)


# ------------------------------------------------------------------------------------------- writing


def test_an_upload_appears_whole_and_again_is_the_same(store: FolderSegments) -> None:
    with store.open(UPLOAD) as writer:
        writer.write(CONTENT[:3000])
        assert not store.has(NAME) and list(store.names("recordings/")) == []
        writer.write(CONTENT[3000:])
        assert writer.finish() is True
    assert store.has(NAME) and list(store.names("recordings/demo/")) == [NAME]
    assert b"".join(store.read(NAME)) == CONTENT
    assert _upload(store, [CONTENT]) is False
    assert len(_files(store)) == 1
    assert stat.S_IMODE(_files(store)[0].stat().st_mode) & 0o222 == 0


@pytest.mark.parametrize("pieces", [(), (CONTENT[:-1],), (CONTENT, b"x"), (b"x" * 8000,)], ids=len)
def test_a_wrong_size_leaves_nothing(store: FolderSegments, pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(UploadSizeWrong):
        _upload(store, pieces)
    assert _files(store) == []


def test_other_bytes_leave_nothing(store: FolderSegments) -> None:
    with pytest.raises(UploadDiffers):
        _upload(store, [CONTENT[::-1]])
    assert _files(store) == []


def test_a_connection_that_breaks_off_leaves_nothing(store: FolderSegments) -> None:
    def pieces() -> Iterator[bytes]:
        yield CONTENT[:10]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        _upload(store, pieces())
    with store.open(UPLOAD) as writer:
        writer.write(CONTENT[:10])
    assert _files(store) == []


def test_two_uploads_at_once_are_one_object(store: FolderSegments) -> None:
    with store.open(UPLOAD) as first, store.open(UPLOAD) as second:
        first.write(CONTENT)
        second.write(CONTENT)
        assert [first.finish(), second.finish()] == [True, False]
    assert [path.name for path in _files(store)] == [NAME.rpartition("/")[2]]


def test_a_name_that_holds_other_bytes_is_found(store: FolderSegments) -> None:
    _upload(store, [CONTENT])
    path = _files(store)[0]
    path.chmod(0o644)
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(ObjectDiffers):
        _upload(store, [CONTENT])


def test_a_folder_that_cannot_be_written_is_said(store: FolderSegments) -> None:
    Path(store.where).parent.mkdir(exist_ok=True)
    Path(store.where).write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        store.open(UPLOAD)


def test_its_self_test_leaves_nothing(store: FolderSegments) -> None:
    assert store.self_test("https://room.example") == ()
    assert _files(store) == [] and store.origin is None


def test_what_a_kill_left_is_removed_a_day_later(store: FolderSegments) -> None:
    killed = store.open(UPLOAD)
    killed.write(CONTENT)
    (left,) = _files(store)
    store.self_test("https://room.example")
    assert _files(store) == [left] and list(store.names("")) == [], "an upload may still be going on"
    with killed:
        os.utime(left, (left.stat().st_mtime - 25 * 3600,) * 2)
        store.self_test("https://room.example")
        assert _files(store) == []


def test_a_path_opens_a_folder(tmp_path: Path) -> None:
    assert isinstance(open_segment_store(tmp_path, b"k" * 32, BASE), FolderSegments)
    assert SegmentUpload("x.mp4", 1, SHA256).media_type == "video/mp4"
    assert SegmentUpload("x", 1, SHA256).media_type == "application/octet-stream"


def test_a_listing_reads_only_the_folder_of_its_prefix(
    store: FolderSegments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(store.where)
    for attempt in ("a", "b"):
        path = root / "recordings" / "demo" / attempt / "camera" / "0.webm"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    read: list[str] = []
    real = os.scandir

    def scandir(folder: Path) -> object:
        read.append(Path(folder).relative_to(root).as_posix())
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(store.names("recordings/demo/a/")) == ["recordings/demo/a/camera/0.webm"]
    assert read == ["recordings/demo/a", "recordings/demo/a/camera"]
    assert list(store.names("../")) == list(store.names("recordings/demo/c/")) == []


def test_names_are_made_durable_up_to_a_folder_that_is(
    store: FolderSegments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(atomic, "sync_folder", lambda folder: synced.append(folder.name))

    def put(name: str) -> list[str]:
        synced.clear()
        digest = hashlib.sha256(b"x").hexdigest()
        with store.open(SegmentUpload(f"{name}/0-{digest}.webm", 1, digest)) as writer:
            writer.write(b"x")
            writer.finish()
        return list(synced)

    first = put("a/b/c")
    assert first[:3] == ["c", "b", "a"] and len(first) == 4, "up to the store's own"
    assert put("a/b/d") == ["d", "b"]
    assert put("a/b/d/e") == ["e", "d"]
    assert put("a/b/c/f") == ["f", "c"]
