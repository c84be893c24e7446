"""Data files of the project: in a wheel they are package data, in a checkout they lie beside the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("oneseat")))
_CHECKOUT = _PACKAGE.parent


def templates(*parts: str) -> Path:
    """A folder or file below ``templates/``, by its path components.

    A wheel carries the folder as package data of ``oneseat``; a checkout has it at its top level.
    """
    packaged = _PACKAGE / "templates"
    root = packaged if packaged.is_dir() else _CHECKOUT / "templates"
    return root.joinpath(*parts)


def how_to(page: str) -> Path | None:
    """A page of ``docs/how-to``, or None where the documentation is not installed: wheels carry none."""
    path = _CHECKOUT / "docs" / "how-to" / page
    return path if path.is_file() else None
