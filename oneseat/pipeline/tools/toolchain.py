"""Digests of the programs that build a base, for its build id; checks of the cache that holds some.

The Windows Python and the wine prefix are unpacked into the cache folder, with a manifest of every file.
NSIS, wine and the signing program belong to the system.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.checkout import layout, trees
from oneseat.pipeline.tools.digests import DigestCache, digest_cache
from oneseat.pipeline.tools.errors import CacheChanged, CacheWritableByOthers, ToolMissing
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.tool import SETUP, ToolReport, find
from oneseat.pipeline.tools.windows import WindowsPython, Wine

_PYINSTALLER = ("Lib/site-packages/PyInstaller/", "Lib/site-packages/_pyinstaller_hooks_contrib/")
_SHOWN = 5


def digests(python: WindowsPython, makensis: Makensis) -> dict[str, str]:
    """Compute the SHA-256 of each program of the toolchain as it is installed, by its name.

    Raises:
        ToolMissing: one of them is not installed.
        CacheChanged: the Windows Python has no manifest.
    """
    listed = _manifest(python)
    signing = "signtool" if sys.platform == "win32" else "osslsigncode"
    with digest_cache() as cache:
        programs = {
            "windows-python": _digest_of(listed),
            "pyinstaller": _digest_of(
                {name: listed[name] for name in listed if name.startswith(_PYINSTALLER)}
            ),
            "makensis": cache.sha256(makensis.path.resolve()),
            "nsis": _tree_digest(makensis.data, cache),
            signing: cache.sha256(find(signing, signing).resolve()),
        }
        if isinstance(python.host, Wine):
            programs["wine"] = _digest_of(dict(_wine_files(python.host, cache)))
    return programs


def require_intact(python: WindowsPython) -> None:
    """Check that the cached trees are private, and that each file is the one that was unpacked.

    Raises:
        CacheWritableByOthers: another account may change a file or folder.
        CacheChanged: a file was changed, added or removed; it is named.
        ToolMissing: a tree is missing.
    """
    for tree in unpacked_trees(python):
        tree.check()


def unpacked_trees(python: WindowsPython) -> tuple[UnpackedTree, ...]:
    """List the trees in the cache folder that a Windows Python is used with: its own, and the wine prefix."""
    trees_used = [UnpackedTree(f"{python.name} (files)", python.folder)]
    if isinstance(python.host, Wine):
        prefix = python.host.prefix
        trees_used.append(UnpackedTree("wine prefix (files)", prefix, layout.WINE_PREFIX_PARTS, cached=True))
    return tuple(trees_used)


@dataclass(frozen=True)
class UnpackedTree:
    """A folder of the cache with a manifest; ``cached`` if unaltered files need not be read again."""

    name: str
    folder: Path
    parts: tuple[str, ...] = ("",)
    cached: bool = False

    def check(self) -> ToolReport:
        """Compare owner and mode of everything in the tree, and each file with the manifest.

        Raises:
            CacheWritableByOthers: another account may change a file or folder.
            CacheChanged: a file was changed, added or removed; it is named.
            ToolMissing: the tree is missing.
        """
        self._require_private()
        names = self._differing()
        if names:
            shown = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
            raise CacheChanged(folder=self.folder, files=shown)
        return ToolReport(self.name, f"{len(trees.read(self.folder)):,} files", self.folder / trees.MANIFEST)

    def _require_private(self) -> None:
        if not self.folder.is_dir():
            raise ToolMissing(tool=self.folder, mend=SETUP)
        try:
            trees.require_private_entry(self.folder.parent)
            trees.require_private(self.folder, self.parts)
        except trees.TreeUntrusted as untrusted:
            raise CacheWritableByOthers(path=untrusted.path) from None

    def _differing(self) -> list[str]:
        try:
            with self._digests() as digest:
                return trees.differing(self.folder, self.parts, digest)
        except trees.TreeUntrusted as untrusted:
            return [untrusted.path.relative_to(self.folder).as_posix()]

    @contextlib.contextmanager
    def _digests(self) -> Iterator[trees.Digest]:
        if not self.cached:
            yield trees.sha256_of
            return
        with digest_cache() as cache:
            yield cache.sha256


def _manifest(python: WindowsPython) -> dict[str, str]:
    if not python.folder.is_dir():
        raise ToolMissing(tool=python.name, mend=SETUP)
    try:
        return trees.read(python.folder)
    except trees.TreeUntrusted as untrusted:
        raise CacheChanged(folder=python.folder, files=untrusted.path.name) from None


def _wine_files(wine: Wine, cache: DigestCache) -> Iterator[tuple[str, str]]:
    """Yield name and digest of wine's loader, its server, and the libraries it loads."""
    for program in wine.programs():
        yield program.name, cache.sha256(program)
    for folder in wine.libraries():
        for name, digest in trees.measure(folder, digest=cache.sha256, links=True).items():
            yield f"{folder.name}/{name}", digest


def _tree_digest(folder: Path, cache: DigestCache) -> str:
    return _digest_of(trees.measure(folder, digest=cache.sha256, links=True))


def _digest_of(files: Mapping[str, str]) -> str:
    lines = (f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
