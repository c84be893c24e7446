"""Browser probe for Windows: finds Edge and Chrome, their versions, and the policies in force for them.

Sources: Microsoft's page on "Application Registration" (App Paths); Microsoft's and Google's pages on the
registry keys of enterprise policies.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Dict, Iterator, Optional, Sequence

from oneseat.client.health.probes import Browser
from oneseat.client.health.readings import forbidding_policies, program_of

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows import registry  # noqa: E402
from oneseat.client.platform.windows.registry import ACCOUNT, MACHINE, VIEW_32, VIEW_64  # noqa: E402
from oneseat.client.platform.windows.version_resource import file_version  # noqa: E402

_APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths"
_KNOWN = (
    ("Edge", "msedge.exe", r"SOFTWARE\Policies\Microsoft\Edge"),
    ("Chrome", "chrome.exe", r"SOFTWARE\Policies\Google\Chrome"),
)
"""Name, program, and key of its policies."""


class WindowsBrowsers:
    """Implements :class:`oneseat.client.health.probes.BrowserProbe`."""

    def browsers(self) -> Sequence[Browser]:
        """Look up Edge and Chrome in App Paths, of all accounts first, then of this one."""
        return tuple(
            Browser(name, path, file_version(path), forbidding_policies(_policies(key)))
            for name, program, key in _KNOWN
            for path in _path(program)
        )


def _path(program: str) -> Iterator[str]:
    """The path of an installed program; at most one."""
    for root, view in ((MACHINE, VIEW_64), (MACHINE, VIEW_32), (ACCOUNT, VIEW_64)):
        path = _registered(root, program, view)
        if path is not None:
            yield path
            return


def _registered(root: int, program: str, view: int) -> Optional[str]:
    path = program_of(registry.values(root, rf"{_APP_PATHS}\{program}", view).get(""))
    with contextlib.suppress(OSError):  # a folder that this account may not read
        if path and Path(path).is_file():
            return path
    return None


def _policies(key: str) -> Dict[str, object]:
    """Values of the account's and the machine's policies; the machine's win."""
    return {**registry.values(ACCOUNT, key), **registry.values(MACHINE, key)}
