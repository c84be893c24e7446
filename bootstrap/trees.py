"""Writes and checks manifests of unpacked trees: the SHA-256 of every file, in the format of `sha256sum`.

A manifest is written once, when its tree is made, and is part of the tree. Later a changed, missing or added
file is found by its name, and the manifest's own digest stands for the whole tree in the build id.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

MANIFEST = "tree.sha256"
VOLATILE = frozenset({"drive_c/windows/temp"})
"""Folders inside a tree whose files come and go: wine's own temporary folder."""

Digest = Callable[[Path], str]


class TreeUntrusted(Exception):
    """A tree has no manifest, holds a link, or another account may write to it; ``path`` says where."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(
    folder: Path, parts: Iterable[str] = ("",), digest: Digest = sha256_of, *, links: bool = False
) -> dict[str, str]:
    """Return the digest of every file below these parts of a folder, by its name with `/`.

    ``links`` to files are hashed as the files that they lead to, for folders of the system.

    Raises:
        TreeUntrusted: there is a link, which could lead out of the tree, and ``links`` is not set.
    """
    paths = (path for part in parts for path in _entries(folder / part))
    digests = {
        path.relative_to(folder).as_posix(): digest(path) for path in paths if _counts(path, folder, links)
    }
    digests.pop(MANIFEST, None)
    return digests


def write(folder: Path, parts: Iterable[str] = ("",)) -> None:
    """Write the manifest of these parts of a folder."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(measure(folder, parts).items()))
    (folder / MANIFEST).write_text("".join(lines), "utf-8", newline="\n")


def read(folder: Path) -> dict[str, str]:
    """Read a tree's manifest.

    Raises:
        TreeUntrusted: there is none, or it is damaged.
    """
    try:
        lines = (folder / MANIFEST).read_text("utf-8").splitlines()
        return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        raise TreeUntrusted(folder / MANIFEST) from None


def differing(folder: Path, parts: Iterable[str] = ("",), digest: Digest = sha256_of) -> list[str]:
    """List the files that are not as the manifest has them: changed, missing or added.

    Raises:
        TreeUntrusted: there is no manifest, or a link in the tree.
    """
    expected, present = read(folder), measure(folder, parts, digest)
    return sorted(
        name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name)
    )


def require_private(folder: Path, parts: Iterable[str] = ("",)) -> None:
    """Check that only this account and root may write to a folder and to everything below these parts.

    Links are looked at themselves, not followed. On Windows, where a mode says nothing, nothing is checked.

    Raises:
        TreeUntrusted: another account owns something or may write to it.
    """
    if sys.platform == "win32":
        return
    for path in (folder, *(path for part in parts for path in _entries(folder / part))):
        if _writable_by_others(path.lstat()):
            raise TreeUntrusted(path)


def require_private_entry(path: Path) -> None:
    """Check one file or folder as :func:`require_private` does, without what is below it."""
    require_private(path, ())


def _writable_by_others(status: os.stat_result) -> bool:
    if status.st_uid not in {0, os.geteuid()}:
        return True
    # The mode of a link says nothing: who may replace it is said by its folder.
    return not stat.S_ISLNK(status.st_mode) and bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _counts(path: Path, tree: Path, links: bool) -> bool:
    """Whether a path is a file of the tree that lasts."""
    if path.is_symlink() and not links:
        raise TreeUntrusted(path)
    return path.is_file() and path.parent.relative_to(tree).as_posix() not in VOLATILE


def _entries(part: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(part):
        yield from (Path(folder, name) for name in (*folders, *files))
