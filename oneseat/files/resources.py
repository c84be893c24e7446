"""Paths of data files: package data in a wheel, folders beside the package in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("oneseat")))
_CHECKOUT = _PACKAGE.parent


def templates(*parts: str) -> Path:
    """The path of a folder or file below ``templates/``, by its components.

    A wheel carries the folder as package data of ``oneseat``; a checkout has it at its top level.
    """
    packaged = _PACKAGE / "templates"
    root = packaged if packaged.is_dir() else _CHECKOUT / "templates"
    return root.joinpath(*parts)


def how_to(page: str) -> Path | None:
    """The path of a page of ``docs/how-to``, or None: wheels do not contain the documentation."""
    path = _CHECKOUT / "docs" / "how-to" / page
    return path if path.is_file() else None
