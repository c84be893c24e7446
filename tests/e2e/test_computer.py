"""A simulated computer stays on from one program to the next; a program's end is not that of its services."""

from __future__ import annotations

import pytest

from oneseat.pipeline.tools.windows import WindowsPython
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

KEY = r"Software\OneSeatTest"
VOLATILE = """
import ctypes, sys, winreg
key, create = ctypes.c_void_p(), ctypes.WinDLL("advapi32").RegCreateKeyExW
assert not create(
    ctypes.c_void_p(0x80000001), sys.argv[1], 0, None, 1, 0xF013F, None, ctypes.byref(key), None
)
winreg.SetValueEx(key.value, "one", 0, winreg.REG_SZ, "session")
ctypes.windll.user32.GetDesktopWindow()
print("ready")
"""
"""Makes a key that lasts until Windows restarts, and starts the desktop, which keeps its output open."""


def test_it_stays_on_until_it_is_ended(computer: TestedComputer) -> None:
    made = computer.run(WindowsPython().program, "-c", VOLATILE, KEY)
    assert (made.status, made.output) == (0, "ready")
    assert "session" in computer.registry(rf"HKCU\{KEY}")
    computer.end()
    assert computer.registry(rf"HKCU\{KEY}") == ""
