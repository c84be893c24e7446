"""A cache of file digests by status (inode, size, times), for large trees that are read before every build.

A cached digest is used only while device, inode, size, modification time and change time are those of the
file when it was hashed. The kernel sets the change time at every write, and no call sets it back, so a file
cannot be altered behind the cache without an administrator's rights over the clock or the disk. A file that
changed within the last two seconds is hashed and not cached, since a second write could carry the same time.

Files of the Windows Python are not looked up here: they are frozen into the client, and few enough to be read
anew.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from oneseat.files.atomic import write_atomic
from oneseat.pipeline.checkout import layout, trees

_NAME = "digests.json"
_SETTLED_S = 2
_FIELDS = 6


class DigestCache:
    """Digests of files by their status, loaded from and saved to one file of the cache folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _load(path)
        self._new: dict[str, list[object]] = {}

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file, computed unless its status is the one that is cached."""
        name, status = str(path), path.stat()
        key = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        *cached, digest = self._known.get(name, [None])
        if cached == key:
            return str(digest)
        computed = trees.sha256_of(path)
        if time.time() - status.st_ctime > _SETTLED_S:
            self._new[name] = [*key, computed]
        return computed

    def save(self) -> None:
        """Write new digests; where the cache folder cannot be written, they are computed again next time."""
        if self._new:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                document = json.dumps({**_load(self._path), **self._new}).encode()
                write_atomic(self._path, [document], mode=0o600, durable=False)


@contextlib.contextmanager
def digest_cache() -> Iterator[DigestCache]:
    """Open the cache for the block and save it after."""
    cache = DigestCache(layout.cache_root() / _NAME)
    yield cache
    cache.save()


def _load(path: Path) -> dict[str, list[object]]:
    """Read the cached digests; none if the file is missing, damaged, or another account may write to it."""
    try:
        trees.require_private_entry(path.parent)
        trees.require_private_entry(path)
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, trees.TreeUntrusted):
        return {}
    return document if isinstance(document, dict) and all(map(_is_entry, document.values())) else {}


def _is_entry(value: object) -> bool:
    return isinstance(value, list) and len(value) == _FIELDS
