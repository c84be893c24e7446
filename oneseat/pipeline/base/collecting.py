"""Collects the inputs of a base: finds the files, hashes them, the tools and the rendered scripts.

Inputs are the client's sources, the modules of signing/ that it imports, the templates, the code that builds,
the scripts as they are rendered for the tools, the pins of frozen packages, the tools with their versions and
digests, the exam's names, and its root public key. The charter is not an input: it is data beside the client,
so that a newer charter needs no new build and can list the builds it accepts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from oneseat.pipeline.base import rendered
from oneseat.pipeline.base.errors import ClientIncomplete
from oneseat.pipeline.base.inputs import RECIPE, BaseInputs, Source
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.base.templates import (
    ARTWORK,
    INSTALLER_TEMPLATE,
    LAUNCHER_TEMPLATE,
    SPEC_TEMPLATE,
    START_HOOK,
    TEMPLATES,
    VERSION_TEMPLATE,
)
from oneseat.pipeline.checkout import layout
from oneseat.pipeline.tools import toolchain
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.windows import WindowsPython
from signing.text import Text

NAMESPACE = layout.PROJECT / "oneseat" / "__init__.py"
CLIENT = layout.PROJECT / "oneseat" / "client"
SIGNING = layout.PROJECT / "signing"
PINS = (layout.WINDOWS_PYTHON_PINS, layout.CLIENT_BUILD_PINS)


def collect(
    names: ExamNames,
    root_public_key: bytes,
    *,
    client: Path = CLIENT,
    makensis: Makensis | None = None,
    python: WindowsPython | None = None,
) -> BaseInputs:
    """Collect the inputs of an exam's base.

    Raises:
        ClientIncomplete: the client's sources are missing, or import a module that does not ship.
        ToolMissing: a program of the toolchain is missing.
        CacheChanged: the Windows Python has no manifest.
        TemplateBroken: a template cannot be rendered.
    """
    makensis = makensis or Makensis()
    return BaseInputs(
        names=names,
        root_public_key=root_public_key,
        sources=tuple(Source.at(name, path) for name, path in _sources(client)),
        tools=(("makensis", makensis.version()),),
        toolchain=tuple(sorted(toolchain.digests(python or WindowsPython(), makensis).items())),
        rendered=tuple(rendered.digests(names)),
    )


def _sources(client: Path) -> Iterator[tuple[str, Path]]:
    files = sorted(path for path in client.rglob("*.py") if path.name != "_baked.py")
    if not (client / "__main__.py").is_file():
        raise ClientIncomplete(
            reason=Text(f"{client / '__main__.py'} is missing", f"缺少 {client / '__main__.py'}")
        )
    yield "oneseat/__init__.py", NAMESPACE
    for path in files:
        yield f"oneseat/client/{path.relative_to(client).as_posix()}", path
    for module in sorted({"__init__", *shipped_modules(files)}):
        yield f"signing/{module}.py", SIGNING / f"{module}.py"
    installer = [path for suffix in ("nsi.j2", "ico", "bmp") for path in ARTWORK.glob(f"*.{suffix}")]
    # The templates too: a rendered script shows only the branches that the rules of its charter take.
    scripts = [SPEC_TEMPLATE, START_HOOK, VERSION_TEMPLATE, LAUNCHER_TEMPLATE, INSTALLER_TEMPLATE]
    for path in sorted([*scripts, *installer]):
        yield f"templates/{path.relative_to(TEMPLATES).as_posix()}", path
    for place in RECIPE:
        code = layout.PROJECT / place
        for path in sorted(code.rglob("*.py")) if code.is_dir() else [code]:
            yield path.relative_to(layout.PROJECT).as_posix(), path
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
            raise ClientIncomplete(
                reason=Text(
                    f"it imports signing.{module}, which does not ship",
                    f"它引用了不随考生端发布的 signing.{module}",
                )
            )
        modules.add(module)
        waiting += _imported(path)
    return modules


def _imported(path: Path) -> tuple[str, ...]:
    """Return the modules of signing/ that a file imports, including imports inside functions."""
    return _imported_by(path.read_bytes(), str(path))


@cache
def _imported_by(source: bytes, path: str) -> tuple[str, ...]:
    """A release collects three times, and parsing is most of it."""
    if b"signing" not in source:
        return ()
    modules: list[str] = []
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.ImportFrom) and node.module == "signing":
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("signing."):
            modules.append(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            modules += [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("signing.")]
    return tuple(modules)
