"""Opener for Windows: starts the browser or a program, prevents sleep, and has the client started at logon.

Sources: Microsoft's pages on ShellExecuteW, SetThreadExecutionState, FOLDERID_ProgramFiles, and RunOnce keys.
All functions exist on Windows 7.
"""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
from ctypes import wintypes
from pathlib import Path
from typing import List, Optional, Sequence

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

import winreg  # noqa: E402

from oneseat.client.computer.sleep_watch import SleepClocks  # noqa: E402
from oneseat.client.platform.windows import browser_process, registry, shutdown, sleep  # noqa: E402
from oneseat.client.platform.windows.computer import known_folder  # noqa: E402
from oneseat.client.run import LAUNCHER  # noqa: E402

_PROGRAM_FILES = "{6D809377-6AF0-444B-8957-A3773F02200E}"
"""FOLDERID_ProgramFilesX64: the folder of 64-bit programs."""
_RUN_ONCE = r"Software\Microsoft\Windows\CurrentVersion\RunOnce"
"""Of the account: Windows deletes a value here, and runs it, at the next logon."""
_RUN_ONCE_NAME = "OneSeat"
_SW_SHOWNORMAL, _SW_SHOWMINNOACTIVE = 1, 7
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

    def start_browser(self, command: Sequence[str], *, minimised: bool) -> None:
        """Start a browser; minimised, it takes neither the screen nor the focus."""
        shown = subprocess.STARTUPINFO()
        if minimised:
            shown.dwFlags, shown.wShowWindow = subprocess.STARTF_USESHOWWINDOW, _SW_SHOWMINNOACTIVE
        process = subprocess.Popen(  # a path that Windows names in App Paths
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            startupinfo=shown,
        )
        # A browser that runs already takes over, and under wine no handle comes back: nothing waits for it.
        process.returncode = 0

    def end_browser(self, profile: Path) -> bool:
        """See :func:`oneseat.client.platform.windows.browser_process.end`."""
        return browser_process.end(profile)

    def start_after_logon(self, *, on: bool) -> None:
        """Write or delete a value in the account's RunOnce key. Another installation's value stays."""
        command = _start_command()
        if on:
            with winreg.CreateKeyEx(registry.ACCOUNT, _RUN_ONCE, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, _RUN_ONCE_NAME, 0, winreg.REG_SZ, command)
        elif registry.values(registry.ACCOUNT, _RUN_ONCE).get(_RUN_ONCE_NAME) == command:
            with contextlib.suppress(FileNotFoundError), winreg.OpenKey(
                registry.ACCOUNT, _RUN_ONCE, 0, winreg.KEY_SET_VALUE
            ) as key:
                winreg.DeleteValue(key, _RUN_ONCE_NAME)

    def block_shutdown(self, reason: Optional[str]) -> None:
        """See :func:`oneseat.client.platform.windows.shutdown.block`."""
        shutdown.block(reason)

    def keep_awake(self, *, on: bool) -> None:
        """Set the thread's execution state. Errors are ignored: the health check warns about sleep."""
        wanted = _ES_SYSTEM_REQUIRED | _ES_DISPLAY_REQUIRED if on else 0
        _kernel32.SetThreadExecutionState(_ES_CONTINUOUS | wanted)

    def sleep_clocks(self) -> SleepClocks:
        """See :func:`oneseat.client.platform.windows.sleep.read`."""
        return sleep.read()


def _start_command() -> str:
    """The launcher, or this program where there is none, in quotation marks: the path has blanks."""
    launcher = Path(sys.executable).with_name(LAUNCHER)
    return f'"{launcher if launcher.is_file() else sys.executable}"'


def _command(path: Path) -> List[str]:
    """The program without arguments: other accounts can read command lines."""
    return [str(path)]
