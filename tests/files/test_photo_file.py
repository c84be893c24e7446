"""Files of registered photographs: what one side seals the other opens, and nothing in between is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneseat.files.photo_file import PhotoFile, PhotoFileBroken, PhotoFileWriter
from signing.authority import registered_photos, sealed_boxes
from signing.authority.signer import PrivateKeySigner

AT = datetime(2035, 1, 2, tzinfo=UTC)
SIGNER, OTHER = (PrivateKeySigner(Ed25519PrivateKey.generate()) for _ in range(2))
KEYS = {SIGNER.kid: SIGNER.public_key}
PRIVATE = bytes(range(32))
PUBLIC = sealed_boxes.public_key_of(PRIVATE)
JTIS = ("a" * 32, "b" * 32)


def written(path: Path, signer: PrivateKeySigner = SIGNER) -> Path:
    with path.open("wb") as file:
        writer = PhotoFileWriter(file, "test", PUBLIC)
        for jti in JTIS:
            writer.add(jti, b"photo of " + jti.encode())
        writer.finish(signer, AT)
    return path


def test_the_room_opens_what_was_sealed_for_it(tmp_path: Path) -> None:
    file = PhotoFile(written(tmp_path / "photos"))
    statement = file.verified(KEYS)
    assert (statement.exam, statement.photos, statement.at) == ("test", 2, int(AT.timestamp()))
    photos = list(file.photos())
    assert [photo.jti for photo in photos] == list(JTIS)
    for photo in photos:
        bound = registered_photos.context("test", photo.jti)
        assert sealed_boxes.open_with(PRIVATE, photo.box, bound) == b"photo of " + photo.jti.encode()
        other = registered_photos.context("test", JTIS[photo.jti == JTIS[0]])
        assert sealed_boxes.open_with(PRIVATE, photo.box, other) is None, "a box is bound to its seat"
        assert sealed_boxes.open_with(bytes(32), photo.box, bound) is None
        assert b"photo of" not in photo.box


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_is_changed_and_none_is_lost_unnoticed(tmp_path: Path, data: st.DataObject) -> None:
    content = written(tmp_path / "photos").read_bytes()
    position = data.draw(st.integers(0, len(content) - 2))
    changed = content[:position] + bytes([content[position] ^ data.draw(st.integers(1, 255))])
    shown = data.draw(st.sampled_from([changed + content[position + 1 :], content[:position]]))
    (tmp_path / "changed").write_bytes(shown)
    with pytest.raises(PhotoFileBroken):
        PhotoFile(tmp_path / "changed").verified(KEYS)


def test_lines_are_neither_exchanged_nor_repeated_nor_signed_by_others(tmp_path: Path) -> None:
    first, one, two, last = written(tmp_path / "photos").read_bytes().splitlines(keepends=True)
    for number, lines in enumerate(
        ([first, two, one, last], [first, one, one, two, last], [first, one, last])
    ):
        path = tmp_path / str(number)
        path.write_bytes(b"".join(lines))
        with pytest.raises(PhotoFileBroken):
            PhotoFile(path).verified(KEYS)
    with pytest.raises(PhotoFileBroken):
        PhotoFile(written(tmp_path / "other", OTHER)).verified(KEYS)


@pytest.mark.parametrize("content", [b"", b"\n", b"[]\n", b"{}\n", b"\xff\xd8\xff", b"[" * 5000, b'{"a":1}'])
def test_another_file_is_refused_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(PhotoFileBroken, match="no file of registered photographs"):
        PhotoFile(tmp_path / "other").verified(KEYS)
