"""Reading the registry: what is absent or forbidden is told apart from what is there."""

from __future__ import annotations

import contextlib
import sys
from typing import Dict, Iterator, Optional

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

import winreg  # noqa: E402

MACHINE, ACCOUNT = winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER
VIEW_64, VIEW_32 = winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY


def values(root: int, path: str, view: int = VIEW_64) -> Dict[str, object]:
    """All values of a key by name; empty where the key is absent.

    Raises:
        PermissionError: this account may not read it.
    """
    found: Dict[str, object] = {}
    with contextlib.suppress(FileNotFoundError), winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
        for position in range(winreg.QueryInfoKey(key)[1]):
            name, value, _ = winreg.EnumValue(key, position)
            found[name] = value
    return found


def keys(root: int, path: str, view: int = VIEW_64) -> Iterator[str]:
    """The names of the keys below a key; none where it is absent.

    Raises:
        PermissionError: this account may not read it.
    """
    with contextlib.suppress(FileNotFoundError), winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
        for position in range(winreg.QueryInfoKey(key)[0]):
            yield winreg.EnumKey(key, position)


def text(found: Dict[str, object], name: str) -> str:
    """A value as text; empty where it is absent. Lists are joined."""
    value = found.get(name, "")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else ""


def number(found: Dict[str, object], name: str) -> Optional[int]:
    """A value as a number; None where it is absent or something else."""
    value = found.get(name)
    return value if isinstance(value, int) else None
