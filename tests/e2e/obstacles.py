"""Obstacles for an installation: files in the way, open files, protected registry keys, a desktop.

with file_in_the_way(path):
    computer.install(...)
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from oneseat.pipeline.tools.windows import WindowsPython
from tests.e2e.wine import TestedComputer

# The first program that needs wine's desktop starts it, and the desktop keeps that program's output open.
# This program starts it, since the tests wait for the end of the installer's output.
_WAIT = """
ctypes.windll.user32.GetDesktopWindow()
print("ready", flush=True)
time.sleep(600)
"""

_HOLD = f"""
import ctypes, sys, time
file = open(sys.argv[1], "r+b")
{_WAIT}
"""

_WORK_IN = f"""
import ctypes, os, sys, time
os.chdir(sys.argv[1])
{_WAIT}
"""

# An access control list that denies KEY_SET_VALUE to all accounts, as security software protects keys.
_DENY_WRITE = f"""
import ctypes, sys, time
advapi = ctypes.WinDLL("advapi32")
key, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
text = "D:(D;;0x2;;;WD)(A;;0xf003f;;;WD)"
assert advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(text, 1, ctypes.byref(descriptor), None)
assert not advapi.RegOpenKeyExW(ctypes.c_void_p(0x80000002), sys.argv[1], 0, 0x60100, ctypes.byref(key))
assert not advapi.RegSetKeySecurity(key, 4, descriptor)
{_WAIT}
"""

# A volatile key, which lasts until Windows restarts: no permanent key can be created below it.
_MAKE_VOLATILE = f"""
import ctypes, sys, time, winreg
winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, sys.argv[1], winreg.KEY_WOW64_64KEY)
key = ctypes.c_void_p()
create = ctypes.WinDLL("advapi32").RegCreateKeyExW
assert not create(
    ctypes.c_void_p(0x80000002), sys.argv[1], 0, None, 1, 0xF013F, None, ctypes.byref(key), None
)
{_WAIT}
"""

# Wine's desktop has no shell; a window registered as the shell window makes one.
_SHELL = """
import ctypes
from ctypes import wintypes
user32 = ctypes.windll.user32
user32.CreateWindowExW.restype = ctypes.c_void_p
window = user32.CreateWindowExW(0, "STATIC", "shell", 0, 0, 0, 1, 1, None, None, None, None)
assert user32.SetShellWindow(ctypes.c_void_p(window))
print("ready", flush=True)
message = wintypes.MSG()
while user32.GetMessageW(ctypes.byref(message), None, 0, 0):
    user32.DispatchMessageW(ctypes.byref(message))
"""


@contextlib.contextmanager
def file_in_the_way(path: Path) -> Iterator[None]:
    """Create a file at ``path``, and its folders; delete them at the end of the block."""
    created = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way\n")
    yield
    path.unlink()
    for folder in created:
        folder.rmdir()


@contextlib.contextmanager
def file_held_open(computer: TestedComputer, path: Path) -> Iterator[None]:
    """Create a file that another program keeps open, so that it can be neither deleted nor overwritten."""
    with file_in_the_way(path), _running(computer, _HOLD, computer.wine.windows_path(path)):
        yield


@contextlib.contextmanager
def folder_in_use(computer: TestedComputer, folder: Path) -> Iterator[None]:
    """Make a folder a program's working folder, so that it cannot be renamed.

    On Windows a running program in it is enough; wine renames a folder with open files.
    """
    with _running(computer, _WORK_IN, computer.wine.windows_path(folder)):
        yield


@contextlib.contextmanager
def key_write_denied(computer: TestedComputer, key: str) -> Iterator[None]:
    """Deny writing values of a key below HKLM."""
    with _running(computer, _DENY_WRITE, key):
        yield


@contextlib.contextmanager
def volatile_key(computer: TestedComputer, key: str) -> Iterator[None]:
    """Replace a key below HKLM by a volatile one, below which no permanent key can be created."""
    with _running(computer, _MAKE_VOLATILE, key):
        yield


@contextlib.contextmanager
def program_running(computer: TestedComputer, program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of this name that waits without a window; it is ended after the block."""
    shutil.copyfile(computer.system("cmd.exe"), program)
    process = computer.start(program, "/k", open_input=True)
    # The program that starts wine's server shares its output with it, so it must not be one that is awaited.
    assert process.stdout
    assert process.stdout.read(1), "the shell greets, and waits for a command"
    try:
        yield process
    finally:
        computer.end()


@contextlib.contextmanager
def shell(computer: TestedComputer) -> Iterator[None]:
    """Run a shell, as on the desktop of a logged-in user."""
    with _running(computer, _SHELL):
        yield


@contextlib.contextmanager
def _running(computer: TestedComputer, script: str, *arguments: str) -> Iterator[None]:
    """Run a script and wait until it is ready; end all programs of the computer after the block."""
    process = computer.start(WindowsPython().program, "-c", script, *arguments)
    assert process.stdout
    assert process.stdout.readline().strip() == b"ready"
    try:
        yield
    finally:
        computer.end()
