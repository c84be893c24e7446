"""Signed orders that changed sessions on the day, as the portal gave them, for when it cannot be reached.

The file is ``<own>/<exam>/orders.txt``, one order a line, by number. Each is verified by the charter whenever
it is read, so nothing that somebody else writes there moves a door.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

from oneseat.client.local.storage import storage_errors, write_atomically
from oneseat.client.local.vault import read_text

_FILE = "orders.txt"


def read_orders(folder: Path) -> Tuple[str, ...]:
    """Return the kept orders, unverified; none where there is no file."""
    return tuple((read_text(folder / _FILE) or "").split())


def store_orders(folder: Path, tokens: Sequence[str]) -> None:
    """Store the orders of an exam, all of them, by number.

    Raises:
        StorageFailed: the file cannot be written.
    """
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _FILE, "\n".join(tokens).encode("ascii"))
