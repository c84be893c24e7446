"""A help request that waits for the network, in ``<own>/<exam>/help-<jti>.bin``, encrypted on this computer.

It is the text that the device will sign. A file that is absent, damaged or of another computer counts as
none.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Optional

from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import StateDamaged
from oneseat.client.local.storage import read_wrapped, storage_errors, wrapped, write_atomically
from oneseat.client.local.vault import exam_folder


class KeptHelp:
    """The request of one seat that could not be sent yet, in this account's folder."""

    def __init__(self, computer: Computer, exam: str, jti: str) -> None:
        self._computer = computer
        self._path: Path = exam_folder(computer.own_folder(), exam) / f"help-{jti}.bin"
        self._entropy = f"oneseat/kept-help/v1\0{exam}\0{jti}".encode()

    def read(self) -> Optional[str]:
        """The request's text; None if none is kept."""
        with contextlib.suppress(FileNotFoundError, StateDamaged, NotUnwrapped, UnicodeDecodeError):
            return read_wrapped(self._computer, self._path, self._entropy).decode("ascii")
        return None

    def store(self, content: str) -> None:
        """Keep a request instead of an earlier one.

        Raises:
            StorageFailed: the file cannot be written.
        """
        with storage_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            data = wrapped(self._computer, content.encode("ascii"), self._entropy)
            write_atomically(self._path, data)

    def drop(self) -> None:
        """Delete the request, if there is one.

        Raises:
            StorageFailed: the file cannot be deleted.
        """
        with storage_errors(), contextlib.suppress(FileNotFoundError):
            self._path.unlink()
