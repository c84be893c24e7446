"""Reads two clocks of Windows, of which one stops while the computer sleeps.

Sources: Microsoft's pages on GetTickCount64 and QueryUnbiasedInterruptTime. Both exist on Windows 7.
"""

from __future__ import annotations

import ctypes
import sys

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.computer.sleep_watch import SleepClocks  # noqa: E402
from oneseat.client.platform.windows import shutdown  # noqa: E402

_MILLISECONDS, _HUNDREDS_OF_NANOSECONDS = 1_000, 10_000_000

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.GetTickCount64.restype = ctypes.c_ulonglong
_kernel32.GetTickCount64.argtypes = []
_kernel32.QueryUnbiasedInterruptTime.argtypes = [ctypes.POINTER(ctypes.c_ulonglong)]


def read() -> SleepClocks:
    """Read both clocks, and how often Windows said that the computer had woken up."""
    awake = ctypes.c_ulonglong()
    _kernel32.QueryUnbiasedInterruptTime(ctypes.byref(awake))
    elapsed_s = int(_kernel32.GetTickCount64()) / _MILLISECONDS
    return SleepClocks(elapsed_s, awake.value / _HUNDREDS_OF_NANOSECONDS, shutdown.wake_ups())
