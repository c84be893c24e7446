"""What an installer can meet on a computer: files of another kind, files held open, guarded keys, a desktop.

with in_the_way(path):
    computer.install(...)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from oneseat.pipeline.tools.windows import WindowsPython
from tests.e2e.wine import TestedComputer

# Wine's desktop is started by the first program that asks for it, and keeps that program's output open. It is
# to be this one's, since the installer's end is told by the end of its output.
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

# An access control list that takes KEY_SET_VALUE from everybody, as security software guards keys.
_GUARD = f"""
import ctypes, sys, time
advapi = ctypes.WinDLL("advapi32")
key, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
text = "D:(D;;0x2;;;WD)(A;;0xf003f;;;WD)"
assert advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(text, 1, ctypes.byref(descriptor), None)
assert not advapi.RegOpenKeyExW(ctypes.c_void_p(0x80000002), sys.argv[1], 0, 0x60100, ctypes.byref(key))
assert not advapi.RegSetKeySecurity(key, 4, descriptor)
{_WAIT}
"""

# A key that lasts until the next start of Windows: nothing that lasts longer can be made below it.
_FLEETING = f"""
import ctypes, sys, time, winreg
winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, sys.argv[1], winreg.KEY_WOW64_64KEY)
key = ctypes.c_void_p()
create = ctypes.WinDLL("advapi32").RegCreateKeyExW
assert not create(
    ctypes.c_void_p(0x80000002), sys.argv[1], 0, None, 1, 0xF013F, None, ctypes.byref(key), None
)
{_WAIT}
"""

# Wine has a desktop without a shell; a window that says it is the shell's makes it one.
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
def in_the_way(path: Path) -> Iterator[None]:
    """A file where something else is to be; folders are made for it, and go with it."""
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way\n")
    yield
    path.unlink()
    for folder in made:
        folder.rmdir()


@contextlib.contextmanager
def held_open(computer: TestedComputer, path: Path) -> Iterator[None]:
    """A file, made for this, that another program has open: it can be neither deleted nor written over."""
    with in_the_way(path), _meanwhile(computer, _HOLD, computer.wine.windows_path(path)):
        yield


@contextlib.contextmanager
def worked_in(computer: TestedComputer, folder: Path) -> Iterator[None]:
    """A folder that a program has as its working folder, so that it cannot be renamed.

    On Windows a program that runs from it is enough; wine renames a folder whose files are open.
    """
    with _meanwhile(computer, _WORK_IN, computer.wine.windows_path(folder)):
        yield


@contextlib.contextmanager
def guarded(computer: TestedComputer, key: str) -> Iterator[None]:
    """A key below HKLM whose values nobody may write."""
    with _meanwhile(computer, _GUARD, key):
        yield


@contextlib.contextmanager
def fleeting(computer: TestedComputer, key: str) -> Iterator[None]:
    """A key below HKLM, empty, below which nothing that lasts can be made."""
    with _meanwhile(computer, _FLEETING, key):
        yield


@contextlib.contextmanager
def shell(computer: TestedComputer) -> Iterator[None]:
    """The desktop of somebody who has logged in."""
    with _meanwhile(computer, _SHELL):
        yield


@contextlib.contextmanager
def _meanwhile(computer: TestedComputer, script: str, *arguments: str) -> Iterator[None]:
    """A program that has done its part before the block begins; it and all others end with the block."""
    process = computer.start(WindowsPython().program, "-c", script, *arguments)
    assert process.stdout
    assert process.stdout.readline().strip() == b"ready"
    try:
        yield
    finally:
        computer.end()
