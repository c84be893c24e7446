"""Where published bytes live: one protocol, and the backends that keep it.

* :mod:`store.protocol` -- what every backend promises
* :mod:`store.folder` -- a local folder

Objects are immutable and named by what they are; nothing is ever overwritten, so a
reader that holds a name holds the same bytes for as long as the object exists.
"""

from __future__ import annotations

from pathlib import Path

from store.errors import StoreUnavailable
from store.folder import FolderStore
from store.protocol import Store, Stored, base_name

__all__ = ["FolderStore", "Store", "Stored", "base_name", "open_store"]


def open_store(where: str | Path) -> Store:
    """The store at an address: a path names a local folder, which is made when first written to.

    Raises:
        StoreUnavailable: no backend knows the address.
    """
    if isinstance(where, str) and "://" in where:
        scheme = where.split("://", 1)[0]
        raise StoreUnavailable(where=f"{scheme}://", reason=f"no backend for '{scheme}'")
    return FolderStore(Path(where))
