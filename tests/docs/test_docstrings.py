"""Docstrings do not lie: module lists are those of the folder, and every cross-reference leads somewhere."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import module_lists

ROOT = module_lists.ROOT
PACKAGES = list(module_lists.packages())
_REFERENCE = re.compile(r":(?:mod|class|func|meth|data|attr|exc):`~?([\w.]+)`")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_lists_its_modules(package: Path) -> None:
    assert module_lists.current(package) == module_lists.listing(package), "run `make docs`"


def test_a_stale_list_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""A package."""\n')
    (tmp_path / "one.py").write_text('"""First of all."""\n')
    assert module_lists.current(tmp_path) is None
    module_lists.write(tmp_path)
    assert module_lists.current(tmp_path) == "* ``one`` -- First of all."
    (tmp_path / "two.py").write_text('"""Second."""\n')
    assert module_lists.current(tmp_path) != module_lists.listing(tmp_path)


def _docstrings(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            for match in _REFERENCE.finditer(node.value.value):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", match.group(1)


def _resolves(target: str, module: str, source: str) -> bool:
    """Whether a name leads to something: absolute, of the module, of one of its classes or instances."""
    candidates = [target, f"{module}.{target}"]
    classes = [name for name, value in vars(sys.modules[module]).items() if isinstance(value, type)]
    candidates += [f"{module}.{name}.{target}" for name in classes]
    return f"self.{target}" in source or any(_exists(candidate) for candidate in candidates)


def _exists(dotted: str) -> bool:
    try:
        pkgutil.resolve_name(dotted)
    except (AttributeError, ImportError, ValueError):
        owner, _, name = dotted.rpartition(".")
        try:
            return name in getattr(pkgutil.resolve_name(owner), "__annotations__", {})
        except (AttributeError, ImportError, ValueError):
            return False
    except AssertionError:
        return True  # a module for Windows alone: it exists, and cannot be loaded here
    return True


def test_every_cross_reference_resolves() -> None:
    dangling = []
    for room in ("oneseat", "signing", "bootstrap", "bench"):
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            references = list(_docstrings(path))
            if not references:
                continue
            try:
                importlib.import_module(module)
            except (ImportError, AssertionError, AttributeError):
                continue  # a module for Windows alone
            source = path.read_text("utf-8")
            dangling += [
                f"{place} {target}" for place, target in references if not _resolves(target, module, source)
            ]
    assert dangling == []
