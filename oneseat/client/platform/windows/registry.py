"""Reads registry keys; a missing key is empty, a forbidden one raises."""

from __future__ import annotations

import contextlib
import sys
from typing import Dict, Iterator, Optional

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

import winreg  # noqa: E402

MACHINE, ACCOUNT = winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER
VIEW_64, VIEW_32 = winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY


def values(root: int, path: str, view: int = VIEW_64) -> Dict[str, object]:
    """Read all values of a key by name; empty if the key does not exist.

    Raises:
        PermissionError: this account may not read it.
    """
    by_name: Dict[str, object] = {}
    with contextlib.suppress(FileNotFoundError), winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
        for position in range(winreg.QueryInfoKey(key)[1]):
            name, value, _ = winreg.EnumValue(key, position)
            by_name[name] = value
    return by_name


def keys(root: int, path: str, view: int = VIEW_64) -> Iterator[str]:
    """List the names of a key's subkeys; none if the key does not exist.

    Raises:
        PermissionError: this account may not read it.
    """
    with contextlib.suppress(FileNotFoundError), winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
        for position in range(winreg.QueryInfoKey(key)[0]):
            yield winreg.EnumKey(key, position)


def text(by_name: Dict[str, object], name: str) -> str:
    """Get a value as text; empty if it is missing. Lists are joined."""
    value = by_name.get(name, "")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else ""


def number(by_name: Dict[str, object], name: str) -> Optional[int]:
    """Get a value as a number; None if it is missing or of another type."""
    value = by_name.get(name)
    return value if isinstance(value, int) else None
