"""A finished base in its folder: reads, checks and lists the results of builds of either artefact."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneseat.pipeline.base.errors import BaseMissing
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.os_faults import system_reason
from signing.text import verbatim

MANIFEST = "manifest.json"
INPUTS = "inputs.json"
CURRENT = "current.json"


@dataclass(frozen=True)
class Base:
    """A finished base: its folder, its manifest, and whether it was built now or taken from the cache."""

    folder: Path
    manifest: Manifest
    built: bool = False

    @property
    def path(self) -> Path:
        """The base installer."""
        return self.folder / self.manifest.file_name

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs that it was built from, out of `inputs.json`; empty if that is missing or damaged."""
        try:
            inputs: object = json.loads((self.folder / INPUTS).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return inputs if isinstance(inputs, dict) else {}

    @property
    def charter(self) -> str:
        """The charter that it carries."""
        return (self.folder / "charter.jws").read_text("ascii").strip()


def open_base(folder: Path) -> Base:
    """Open the base that was built last below ``folder``.

    Raises:
        BaseMissing: no base was built.
        BaseChanged: its manifest is damaged.
    """
    try:
        key = json.loads((folder / CURRENT).read_text("utf-8"))["key"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BaseMissing(folder=folder) from None
    base = read_base(folder / str(key))
    if base is None:
        raise BaseMissing(folder=folder)
    return base


def all_bases(folder: Path) -> Iterator[Base]:
    """Yield every finished base below ``folder``, including earlier ones; damaged ones are skipped."""
    for path in sorted(folder.glob(f"*/{MANIFEST}")):
        with contextlib.suppress(BaseChanged):
            if base := read_base(path.parent):
                yield base


def check_base(base: Base) -> None:
    """Compare the file on disk with the manifest.

    Raises:
        BaseChanged: the file differs or cannot be read.
    """
    try:
        same = sha256_of(base.path) == base.manifest.base_sha256
    except OSError as error:
        raise BaseChanged(what=system_reason(error).about(base.path.name)) from None
    if not same:
        raise BaseChanged(what=verbatim(base.path.name))


def read_base(folder: Path, *, built: bool = False) -> Base | None:
    """Read the finished base in a folder, or None. The manifest is written last, so it marks completion."""
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    base = Base(folder, manifest, built)
    return base if base.path.is_file() else None


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
