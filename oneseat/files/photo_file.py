"""The file of registered photographs (``oneseat-photos/v1``): JSON lines, sealed for one room and signed.

The first line names exam and room key, each line after it one seat's photograph, and the last one has the
signature over all before it. Both sides go through it line by line, so that memory does not grow with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from oneseat.files.pictures import MAX_ENCODED_BYTES
from signing.authority import registered_photos, sealed_boxes
from signing.authority.registered_photos import RegisteredPhotos
from signing.authority.signer import Signer, sign_token
from signing.errors import OneSeatError
from signing.jws import b64url_decode, b64url_encode, canonical_json
from signing.refusals import TokenMalformed
from signing.text import Text
from signing.tokens import VERSION

FORMAT = "oneseat-photos/v1"
_LONGEST_LINE = (MAX_ENCODED_BYTES + sealed_boxes.OVERHEAD_BYTES) * 4 // 3 + 1024
_NOT_ONE = Text("it is no file of registered photographs", "不是报名照片文件")
_CHANGED = Text("it is cut short, or was changed", "文件不完整或被改动过")


class PhotoFileBroken(ValueError):
    """A file that is none of registered photographs, or not as it was signed."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class _Target(Protocol):
    def write(self, data: bytes, /) -> object: ...


class PhotoFileWriter:
    """Writes such a file: the first line at once, photographs one by one, the signature last."""

    def __init__(self, target: _Target, exam: str, recipient: bytes) -> None:
        self._target, self._exam, self._recipient = target, exam, recipient
        self._digest = hashlib.sha256()
        self.photos = 0
        self._line({"exam": exam, "format": FORMAT, "recipient": sealed_boxes.key_id(recipient)})

    def add(self, jti: str, jpeg: bytes) -> None:
        """Seal a photograph for its seat, and write it."""
        box = sealed_boxes.seal_for(self._recipient, jpeg, registered_photos.context(self._exam, jti))
        self._line({"jti": jti, "photo": b64url_encode(box)})
        self.photos += 1

    def finish(self, signer: Signer, at: datetime) -> None:
        """Sign what was written."""
        statement = RegisteredPhotos(
            exam=self._exam,
            at=int(at.timestamp()),
            recipient=sealed_boxes.key_id(self._recipient),
            photos=self.photos,
            sha256=self._digest.hexdigest(),
            v=VERSION,
        )
        self._line({"signature": sign_token(signer, statement.TYP, statement.claims())})

    def _line(self, members: Mapping[str, object]) -> None:
        line = canonical_json(members) + b"\n"
        self._digest.update(line)
        self._target.write(line)


@dataclass(frozen=True)
class SealedPhoto:
    """A line of the file: the seat's jti, and the photograph's box."""

    jti: str
    box: bytes


class PhotoFile:
    """Reads such a file. Nothing of it may be used before :meth:`verified`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def verified(self, keys: Mapping[str, bytes]) -> RegisteredPhotos:
        """Read the file to its end and verify it; ``keys`` are the keys of licences by kid.

        Raises:
            PhotoFileBroken: it is no such file, or not as it was signed.
            OSError: it cannot be read.
        """
        digest, photos, before = hashlib.sha256(), -1, b""
        with self._path.open("rb") as file:
            first = _members(file.readline(_LONGEST_LINE), _NOT_ONE)
            if first.get("format") != FORMAT:
                raise PhotoFileBroken(_NOT_ONE)
            file.seek(0)
            for line in _lines(file):
                digest.update(before)
                before, photos = line, photos + 1
        try:
            statement = RegisteredPhotos.verify(str(_members(before, _CHANGED).get("signature")), keys)
        except OneSeatError as error:
            raise PhotoFileBroken(error.cause_text.clause()) from None
        named = first.get("exam"), first.get("recipient"), photos - 1, digest.hexdigest()
        if named != (statement.exam, statement.recipient, statement.photos, statement.sha256):
            raise PhotoFileBroken(_CHANGED)
        return statement

    def photos(self) -> Iterator[SealedPhoto]:
        """Yield the photographs in the file's order.

        Raises:
            PhotoFileBroken: a line is none of a photograph.
            OSError: the file cannot be read.
        """
        with self._path.open("rb") as file:
            for line in _lines(file):
                members = _members(line, _CHANGED)
                if "jti" in members:
                    yield _photo(members)


def _photo(members: Mapping[str, object]) -> SealedPhoto:
    try:
        return SealedPhoto(str(members["jti"]), b64url_decode(str(members["photo"])))
    except (KeyError, TokenMalformed):
        raise PhotoFileBroken(_CHANGED) from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _members(line: bytes, otherwise: Text) -> dict[str, object]:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        raise PhotoFileBroken(otherwise) from None
    if not isinstance(members, dict):
        raise PhotoFileBroken(otherwise)
    return members
