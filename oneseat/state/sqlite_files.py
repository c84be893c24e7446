"""Opens SQLite files that may only be read: on read-only media, in snapshots, from an auditor's account.

SQLite keeps an index of the write-ahead log in a file beside the database, which even readers create. Where
that is not allowed, only a file without entries in its log can be read, and SQLite must be told that it
does not change meanwhile (``immutable``).
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

_LOG, _INDEX = "-wal", "-shm"


def find_read_only(database: str | None) -> str | None:
    """Return the URI to open a database file with for reading only, None if it may be written."""
    path = Path(database or "").absolute()
    if _writable(path) and _writable(path.parent):
        return None
    mode = "immutable=1" if _is_complete(path) and not _writable(path.parent) else "mode=ro"
    return f"file:{quote(str(path))}?{mode}"


def connect_read_only(uri: str) -> sqlite3.Connection:
    """Connect to the database of such a URI."""
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def _writable(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK, effective_ids=effective)


def _is_complete(path: Path) -> bool:
    """Whether the file itself holds everything: there is no log with entries, and no index of one in use."""
    log, index = (path.with_name(path.name + suffix) for suffix in (_LOG, _INDEX))
    return not index.exists() and not (log.exists() and log.stat().st_size)
