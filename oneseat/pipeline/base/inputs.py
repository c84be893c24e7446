"""Collects and hashes the inputs of a base; the build id is their hash.

Inputs are the client's sources, the modules of signing/ that it imports, the templates, the pins of frozen
packages, the tools' versions, the exam's names, and its root public key. The charter is not an input: it is
data beside the client, so that a newer charter needs no new build and can list the builds it accepts.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from oneseat import __version__
from oneseat.pipeline.base.errors import ClientIncomplete
from oneseat.pipeline.checkout import layout
from oneseat.pipeline.tools.makensis import Makensis
from signing.charter import Charter
from signing.text import Text

NAMESPACE = layout.PROJECT / "oneseat" / "__init__.py"
CLIENT = layout.PROJECT / "oneseat" / "client"
SIGNING = layout.PROJECT / "signing"
TEMPLATES = layout.PROJECT / "templates"
SPEC_TEMPLATE = TEMPLATES / "client.spec.j2"
START_HOOK = TEMPLATES / "client-start.py"
VERSION_TEMPLATE = TEMPLATES / "client-version.j2"
INSTALLER_TEMPLATE = TEMPLATES / "installer.nsi.j2"
ARTWORK = TEMPLATES / "installer"
PINS = (layout.WINDOWS_PYTHON_PINS, layout.CLIENT_BUILD_PINS)

VERSION = __version__
"""The client's version, as Windows shows it."""

# Raise by one when the build steps change, so that the same inputs get another build id.
_RECIPE = 1


@dataclass(frozen=True)
class ExamNames:
    """The names of an exam that are fixed in its build: names that Windows shows, and the hotline."""

    exam: str
    product: Text
    title: Text
    publisher: Text
    hotline: str

    @classmethod
    def of(cls, charter: Charter) -> ExamNames:
        """Read the names from a charter."""
        return cls(charter.exam, charter.product, charter.title, charter.publisher, charter.support.hotline)


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
    def is_frozen_in(self) -> bool:
        """Whether it becomes part of the client."""
        return self.name.startswith(("oneseat/", "signing/"))


@dataclass(frozen=True)
class BaseInputs:
    """All inputs of a build, as they were when they were collected."""

    names: ExamNames
    root_public_key: bytes
    sources: tuple[Source, ...]
    tools: tuple[tuple[str, str], ...]

    @property
    def build_id(self) -> str:
        """SHA-256 over all inputs, hexadecimal."""
        return hashlib.sha256(json.dumps(self.as_object(), sort_keys=True).encode()).hexdigest()

    def as_object(self) -> dict[str, object]:
        """Return every input with its hash or value, for comparing two builds."""
        return {
            "recipe": _RECIPE,
            "version": VERSION,
            "names": asdict(self.names),
            "root_public_key": self.root_public_key.hex(),
            "sources": {source.name: source.sha256 for source in self.sources},
            "tools": dict(self.tools),
        }

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
            if not source.path.is_file() or _content_sha256(source.path) != source.sha256:
                raise ClientIncomplete(reason=f"{source.name} changed while it was built")


def collect(
    names: ExamNames, root_public_key: bytes, *, client: Path = CLIENT, makensis: Makensis | None = None
) -> BaseInputs:
    """Collect the inputs of an exam's base.

    Raises:
        ClientIncomplete: the client's sources are missing, or import a module that does not ship.
        ToolMissing: makensis, whose version is an input, is missing.
    """
    return BaseInputs(
        names=names,
        root_public_key=root_public_key,
        sources=tuple(Source.at(name, path) for name, path in _sources(client)),
        tools=(("makensis", (makensis or Makensis()).version()),),
    )


def _sources(client: Path) -> Iterator[tuple[str, Path]]:
    files = sorted(path for path in client.rglob("*.py") if path.name != "_baked.py")
    if not (client / "__main__.py").is_file():
        raise ClientIncomplete(reason=f"{client / '__main__.py'} is missing")
    yield "oneseat/__init__.py", NAMESPACE
    for path in files:
        yield f"oneseat/client/{path.relative_to(client).as_posix()}", path
    for module in sorted({"__init__", *shipped_modules(files)}):
        yield f"signing/{module}.py", SIGNING / f"{module}.py"
    installer = [path for suffix in ("nsi.j2", "ico", "bmp") for path in ARTWORK.glob(f"*.{suffix}")]
    for path in sorted([SPEC_TEMPLATE, START_HOOK, VERSION_TEMPLATE, INSTALLER_TEMPLATE, *installer]):
        yield f"templates/{path.relative_to(TEMPLATES).as_posix()}", path
    for path in PINS:
        yield f"requirements/{path.name}", path


def shipped_modules(files: list[Path]) -> set[str]:
    """Find the modules of signing/ that these files import, directly or indirectly.

    The modules directly in signing/ ship; its package ``authority`` does not.

    Raises:
        ClientIncomplete: an imported module does not ship or does not exist.
    """
    modules: set[str] = set()
    waiting = [module for path in files for module in _imported(path)]
    while waiting:
        module = waiting.pop()
        if module in modules:
            continue
        path = SIGNING / f"{module}.py"
        if not path.is_file():
            raise ClientIncomplete(reason=f"it imports signing.{module}, which does not ship")
        modules.add(module)
        waiting += _imported(path)
    return modules


def _imported(path: Path) -> list[str]:
    """Return the modules of signing/ that a file imports, including imports inside functions."""
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.ImportFrom) and node.module == "signing":
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("signing."):
            modules.append(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            modules += [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("signing.")]
    return modules


def _content(path: Path) -> bytes:
    """Read a file with LF line endings, so that a checkout on Windows gives the same hash."""
    data = path.read_bytes()
    return data if path.suffix in {".ico", ".bmp"} else data.replace(b"\r\n", b"\n")


def _content_sha256(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()
