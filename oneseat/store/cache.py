"""A local cache of fetched objects, named by their SHA-256 and verified against it.

Several processes may fetch the same object at the same time. Each writes its own temporary
file and renames it after the digest was checked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from oneseat.files.atomic import write_atomic
from oneseat.store.errors import StoreUnavailable
from signing.os_faults import system_reason
from signing.text import Text


def default_folder() -> Path:
    """The default cache folder: systemd's ``CacheDirectory=``, else the user's cache folder.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if under_systemd := os.environ.get("CACHE_DIRECTORY"):
        return Path(under_systemd.split(":")[0])
    if of_user := os.environ.get("XDG_CACHE_HOME"):
        return Path(of_user) / "oneseat"
    try:
        return Path.home() / ".cache" / "oneseat"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / "oneseat"


class Cache:
    """A cache in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, sha256: str) -> Path | None:
        """Return the cached file with that digest, or None if it is missing or damaged."""
        path = self.folder / sha256
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._refusal(error) from None
        return path if found == sha256 else None

    def keep(self, sha256: str, content: Iterable[bytes]) -> Path | None:
        """Write fetched content to the cache; None, with nothing kept, if its digest differs.

        Raises:
            StoreUnavailable: the folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomic(self.folder / sha256, _checked(content, sha256), durable=False)
        except _DigestDiffers:
            return None
        except OSError as error:
            raise self._refusal(error) from None
        return self.folder / sha256

    def _refusal(self, error: OSError) -> StoreUnavailable:
        reason = system_reason(error)
        return StoreUnavailable(
            where=self.folder, reason=Text(f"the cache: {reason.en}", f"缓存：{reason.zh}")
        )


class _DigestDiffers(Exception):
    """The content is not what was asked for; it aborts the write."""


def _checked(content: Iterable[bytes], sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise _DigestDiffers
