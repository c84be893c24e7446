"""Upload grants of unfinished attempts, in ``<own>/<exam>/upload-<jti>.bin``, encrypted on this computer.

With one, this program can finish an upload after the ticket's end and after a restart. The file's existence
tells the uninstaller that something waits. A file that is damaged or of another computer counts as none.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Iterable, List, Optional, Tuple

from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import StateDamaged
from oneseat.client.local.storage import read_wrapped, storage_errors, wrapped, write_atomically
from oneseat.client.local.vault import exam_folder
from signing.errors import OneSeatError
from signing.fields import Fields, instant_text
from signing.jws import parse_object

_NAME = re.compile(r"upload-([0-9a-f]{32})\.bin")
_MAX_KEPT = 20


@dataclass(frozen=True)
class KeptUpload:
    """An attempt whose upload is not finished: its kind, its grant, and until when the room takes it."""

    kind: str
    grant: str
    until: datetime


class KeptUploads:
    """The unfinished uploads of one seat on this account."""

    def __init__(self, computer: Computer, exam: str, jti: str) -> None:
        self._computer = computer
        self._path: Path = _folder(computer, exam) / f"upload-{jti}.bin"
        self._entropy = f"oneseat/kept-upload/v1\0{exam}\0{jti}".encode()

    def read(self) -> Tuple[KeptUpload, ...]:
        """The unfinished uploads, oldest first."""
        return _read(self._computer, self._path, self._entropy)

    def keep(self, upload: KeptUpload) -> None:
        """Add an upload, or replace the one with the same grant.

        Raises:
            StorageFailed: the file cannot be written.
        """
        kept = self.read()
        if upload not in kept:
            self._store([*(one for one in kept if one.grant != upload.grant), upload][-_MAX_KEPT:])

    def drop(self, grant: str) -> None:
        """Forget an upload; with the last one the file goes.

        Raises:
            StorageFailed: the file can be neither written nor deleted.
        """
        self._store([one for one in self.read() if one.grant != grant])

    def _store(self, uploads: List[KeptUpload]) -> None:
        with storage_errors():
            if not uploads:
                with contextlib.suppress(FileNotFoundError):
                    self._path.unlink()
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            plain = {"uploads": [_plain(one) for one in uploads]}
            data = wrapped(self._computer, json.dumps(plain).encode("ascii"), self._entropy)
            write_atomically(self._path, data)


def seats_with_uploads(computer: Computer, exam: str) -> List[str]:
    """The seats with unfinished uploads on this account."""
    return [jti for jti, _ in _files(_folder(computer, exam))]


def latest_end(computer: Computer, exam: str, now: datetime) -> Optional[datetime]:
    """Until when an upload of any account on this computer may go on; None if none waits.

    The uninstaller may run as another account than the candidate's.
    """
    ends = [
        upload.until
        for own in computer.own_folders()
        for jti, path in _files(exam_folder(own, exam))
        for upload in _read(computer, path, f"oneseat/kept-upload/v1\0{exam}\0{jti}".encode())
        if upload.until > now
    ]
    return max(ends, default=None)


def _folder(computer: Computer, exam: str) -> Path:
    return exam_folder(computer.own_folder(), exam)


def _files(folder: Path) -> Iterable[Tuple[str, Path]]:
    """The files of seats in a folder, by seat; none if it cannot be listed."""
    with contextlib.suppress(OSError):
        named = [(_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir())]
        return [(match[1], path) for match, path in named if match]
    return []


def _read(computer: Computer, path: Path, entropy: bytes) -> Tuple[KeptUpload, ...]:
    with contextlib.suppress(OSError, NotUnwrapped, OneSeatError, StateDamaged):
        plain = Fields(parse_object(read_wrapped(computer, path, entropy)))
        return tuple(_parse(one) for one in plain.children("uploads"))
    return ()


def _plain(upload: KeptUpload) -> object:
    return {"kind": upload.kind, "grant": upload.grant, "until": instant_text(upload.until)}


def _parse(fields: Fields) -> KeptUpload:
    return KeptUpload(fields.text("kind"), fields.text("grant"), fields.instant("until"))
