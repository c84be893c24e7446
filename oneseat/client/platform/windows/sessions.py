"""Opener for Windows: starts the browser or a program, and prevents sleep.

Sources: Microsoft's pages on ShellExecuteW, SetThreadExecutionState and FOLDERID_ProgramFiles.
All functions exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from ctypes import wintypes
from pathlib import Path
from typing import List

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows.computer import known_folder  # noqa: E402

_PROGRAM_FILES = "{6D809377-6AF0-444B-8957-A3773F02200E}"
"""FOLDERID_ProgramFilesX64: the folder of 64-bit programs."""
_SW_SHOWNORMAL = 1
_SHELL_ERRORS = 32
"""ShellExecuteW returns a greater value on success."""
_ES_SYSTEM_REQUIRED, _ES_DISPLAY_REQUIRED, _ES_CONTINUOUS = 0x1, 0x2, 0x80000000

_shell32 = ctypes.WinDLL("shell32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_shell32.ShellExecuteW.restype = ctypes.c_void_p
_shell32.ShellExecuteW.argtypes = [
    wintypes.HWND,
    wintypes.LPCWSTR,
    wintypes.LPCWSTR,
    wintypes.LPCWSTR,
    wintypes.LPCWSTR,
    ctypes.c_int,
]
_kernel32.SetThreadExecutionState.argtypes = [wintypes.DWORD]
_kernel32.SetThreadExecutionState.restype = wintypes.DWORD


class WindowsOpener:
    """Implements :class:`oneseat.client.sessions.handover.Opener`."""

    def browse(self, url: str) -> None:
        """Open an address in the default browser."""
        status = _shell32.ShellExecuteW(None, "open", url, None, None, _SW_SHOWNORMAL) or 0
        if status <= _SHELL_ERRORS:
            raise OSError(None, f"ShellExecute {status}")

    def start(self, program: str, line: bytes) -> None:
        """Start a program in its own folder, write the line to its standard input, and close that."""
        path = known_folder(_PROGRAM_FILES) / program
        process = subprocess.Popen(  # a path below Program Files that the signed charter names
            _command(path),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=str(path.parent),
        )
        if process.stdin is not None:
            with process.stdin as stream:
                stream.write(line)

    def keep_awake(self, *, on: bool) -> None:
        """Set the thread's execution state. Errors are ignored: the health check warns about sleep."""
        wanted = _ES_SYSTEM_REQUIRED | _ES_DISPLAY_REQUIRED if on else 0
        _kernel32.SetThreadExecutionState(_ES_CONTINUOUS | wanted)


def _command(path: Path) -> List[str]:
    """The program without arguments: other accounts can read command lines."""
    return [str(path)]
