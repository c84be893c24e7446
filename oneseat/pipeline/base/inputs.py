"""The inputs of a base as they were when they were collected; the build id is their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oneseat.pipeline.base.errors import ClientIncomplete
from oneseat.pipeline.base.names import VERSION, ExamNames
from signing.text import Text

RECIPE = ("oneseat/pipeline/base", "oneseat/pipeline/tools", "signing/authority/reserve.py")
"""The code that builds. Its texts and values are hashed as it renders them, too: some come from elsewhere."""


@dataclass(frozen=True)
class Source:
    """One input file: its name in the project, its path, and its SHA-256 when it was collected."""

    name: str
    path: Path
    sha256: str

    @classmethod
    def at(cls, name: str, path: Path) -> Source:
        """Hash a file as it is now."""
        return cls(name, path, _content_sha256(path))

    @property
    def is_unchanged(self) -> bool:
        """Whether the file is there and still has this hash."""
        return self.path.is_file() and _content_sha256(self.path) == self.sha256

    @property
    def is_frozen_in(self) -> bool:
        """Whether it becomes part of the client."""
        return self.name.startswith(("oneseat/", "signing/")) and not self.name.startswith(RECIPE)


@dataclass(frozen=True)
class BaseInputs:
    """All inputs of a build, as they were when they were collected.

    ``tools`` are versions, for people; ``toolchain`` and ``rendered`` are digests in hexadecimal.
    """

    names: ExamNames
    root_public_key: bytes
    sources: tuple[Source, ...]
    tools: tuple[tuple[str, str], ...]
    toolchain: tuple[tuple[str, str], ...] = ()
    rendered: tuple[tuple[str, str], ...] = ()

    @property
    def build_id(self) -> str:
        """SHA-256 over all inputs, hexadecimal."""
        return digest_of(self.as_object())

    def as_object(self) -> dict[str, object]:
        """Return every input with its hash or value, for comparing two builds."""
        return {
            "version": VERSION,
            "names": asdict(self.names),
            "root_public_key": self.root_public_key.hex(),
            "sources": {source.name: source.sha256 for source in self.sources},
            "rendered": dict(self.rendered),
            "tools": dict(self.tools),
            "toolchain": dict(self.toolchain),
        }

    def differing(self, other: Mapping[str, Any]) -> list[str]:
        """List the inputs that differ from those of another build, as its `inputs.json` has them."""
        return differing(self.as_object(), other)

    def stage(self, folder: Path) -> None:
        """Copy the sources to be frozen to ``folder``, and write build id and root key as constants."""
        for source in self.sources:
            if source.is_frozen_in:
                target = folder / source.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_content(source.path))
        constants = f"ROOT_PUBLIC_KEY = {self.root_public_key!r}\nBUILD_ID = {self.build_id!r}\n"
        (folder / "oneseat" / "client" / "_baked.py").write_text(constants, "utf-8")

    def require_unchanged(self) -> None:
        """Check that no source was edited during the build, which would make the build id wrong.

        Raises:
            ClientIncomplete: a file changed; it is named.
        """
        for source in self.sources:
            if not source.is_unchanged:
                raise ClientIncomplete(
                    reason=Text(
                        f"{source.name} changed while it was built", f"构建期间 {source.name} 发生了变化"
                    )
                )


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Hash inputs to a build id: SHA-256 of their JSON with sorted keys, hexadecimal."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Name the inputs in which two builds differ, sorted."""
    left, right = _flat(ours), _flat(theirs)
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def _content(path: Path) -> bytes:
    """Read a file with LF line endings, so that a checkout on Windows gives the same hash."""
    data = path.read_bytes()
    return data if path.suffix in {".ico", ".bmp"} else data.replace(b"\r\n", b"\n")


def _content_sha256(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()


def _flat(inputs: Mapping[str, Any]) -> dict[str, object]:
    """Flatten one level, as JSON has it: `wine` in `toolchain` becomes `toolchain: wine`."""
    flat: dict[str, object] = {}
    for name, value in json.loads(json.dumps(inputs)).items():
        flat |= (
            {f"{name}: {key}": each for key, each in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return flat
