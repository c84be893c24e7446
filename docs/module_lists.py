"""Generates the module lists in package docstrings from each module's first sentence.

Everything from a line ``Modules:`` to the end of a package's docstring is generated.
``make docs`` writes it, and a test fails when it differs from what would be written.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARK = "Modules:\n"
_WIDTH = 110


def packages() -> Iterator[Path]:
    """Yield every package's folder, by name, except Alembic's revisions."""
    for room in ("oneseat", "signing"):
        for path in sorted((ROOT / room).rglob("__init__.py")):
            if "versions" not in path.parts:
                yield path.parent


def listing(package: Path) -> str:
    """Generate the list of a package's modules, one entry each: ``* ``name`` -- first sentence``."""
    entries = []
    for path in sorted(package.iterdir()):
        if path.suffix == ".py" and path.stem not in {"__init__", "_baked"}:
            entries.append(_entry(path.stem, path))
        elif (path / "__init__.py").is_file():
            entries.append(_entry(f"{path.name}/", path / "__init__.py"))
    return "\n".join(entries)


def current(package: Path) -> str | None:
    """Read the list from the package's docstring, or None if there is none."""
    source = (package / "__init__.py").read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(source), clean=False) or ""
    _, mark, listing_text = docstring.partition(MARK)
    return listing_text.strip("\n") if mark else None


def write(package: Path) -> None:
    """Write the list into the package's docstring, replacing the old list or appended at the end."""
    path = package / "__init__.py"
    source = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(source), clean=False) or ""
    prose = docstring.partition(MARK)[0].rstrip()
    updated = f"{prose}\n\n{MARK}\n{listing(package)}\n"
    path.write_text(source.replace(f'"""{docstring}"""', f'"""{updated}"""', 1), "utf-8")


def _entry(name: str, path: Path) -> str:
    summary = (ast.get_docstring(ast.parse(path.read_bytes())) or "").split("\n")[0]
    return textwrap.fill(f"* ``{name}`` -- {summary}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
