"""Records a second with the default microphone, by the waveform audio functions.

Source: Microsoft's pages on waveInOpen, waveInAddBuffer and WAVEHDR. Only the level of a recording leaves
this module.
"""

from __future__ import annotations

import ctypes
import sys
import time
from ctypes import wintypes
from typing import Callable, List

from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Level
from oneseat.client.health.readings import level_of
from signing.text import Text

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_winmm = ctypes.WinDLL("winmm")

_WAVE_MAPPER = 0xFFFFFFFF
_PCM = 1
_DONE = 0x1
_RATE_HZ = 16000
_SETTLING_S, _LISTENING_S, _PATIENCE_S = 0.2, 1.0, 2.5
"""Inputs click when they are opened, so the first part is dropped."""
_STEP_S = 0.05
_ALLOCATED = 4
"""MMSYSERR_ALLOCATED: another program uses the device exclusively."""


class _Format(ctypes.Structure):
    """WAVEFORMATEX."""

    _pack_ = 1
    _fields_ = (
        ("tag", wintypes.WORD),
        ("channels", wintypes.WORD),
        ("rate", wintypes.DWORD),
        ("bytes_per_second", wintypes.DWORD),
        ("frame_bytes", wintypes.WORD),
        ("bits", wintypes.WORD),
        ("extra", wintypes.WORD),
    )


class _Caps(ctypes.Structure):
    """WAVEINCAPSW."""

    _pack_ = 1
    _fields_ = (
        ("maker", wintypes.WORD),
        ("product", wintypes.WORD),
        ("version", wintypes.DWORD),
        ("name", wintypes.WCHAR * 32),
        ("formats", wintypes.DWORD),
        ("channels", wintypes.WORD),
        ("reserved", wintypes.WORD),
    )


class _Header(ctypes.Structure):
    """WAVEHDR."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("length", wintypes.DWORD),
        ("recorded", wintypes.DWORD),
        ("user", ctypes.c_size_t),
        ("flags", wintypes.DWORD),
        ("loops", wintypes.DWORD),
        ("next", ctypes.c_void_p),
        ("reserved", ctypes.c_size_t),
    )


_winmm.waveInGetDevCapsW.argtypes = [ctypes.c_size_t, ctypes.POINTER(_Caps), wintypes.UINT]
_winmm.waveInOpen.argtypes = [
    ctypes.POINTER(ctypes.c_void_p),
    wintypes.UINT,
    ctypes.POINTER(_Format),
    ctypes.c_size_t,
    ctypes.c_size_t,
    wintypes.DWORD,
]
for _function in (_winmm.waveInPrepareHeader, _winmm.waveInAddBuffer, _winmm.waveInUnprepareHeader):
    _function.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Header), wintypes.UINT]
for _function in (_winmm.waveInStart, _winmm.waveInReset, _winmm.waveInClose):
    _function.argtypes = [ctypes.c_void_p]


def names() -> List[str]:
    """List the inputs' names, which Windows cuts to 31 characters."""
    input_names = []
    for number in range(_winmm.waveInGetNumDevs()):
        caps = _Caps()
        if _winmm.waveInGetDevCapsW(number, ctypes.byref(caps), ctypes.sizeof(caps)) == 0:
            input_names.append(str(caps.name))
    return input_names


def level() -> Level:
    """Record with the default input, and return the level.

    Raises:
        Unanswered: the input cannot be opened, or gives no data.
    """
    frame_bytes = 2
    wave_format = _Format(_PCM, 1, _RATE_HZ, _RATE_HZ * frame_bytes, frame_bytes, 16, 0)
    handle = ctypes.c_void_p()
    _check_status(_winmm.waveInOpen(ctypes.byref(handle), _WAVE_MAPPER, ctypes.byref(wave_format), 0, 0, 0))
    try:
        samples = _record(handle, int((_SETTLING_S + _LISTENING_S) * _RATE_HZ) * frame_bytes)
    finally:
        _winmm.waveInClose(handle)
    return level_of(samples[int(_SETTLING_S * _RATE_HZ) * frame_bytes :])


def _record(handle: ctypes.c_void_p, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    header = _Header(ctypes.addressof(buffer), size)
    size_of_header = ctypes.sizeof(header)
    _check_status(_winmm.waveInPrepareHeader(handle, ctypes.byref(header), size_of_header))
    try:
        _check_status(_winmm.waveInAddBuffer(handle, ctypes.byref(header), size_of_header))
        _check_status(_winmm.waveInStart(handle))
        _wait_for(lambda: bool(header.flags & _DONE))
    finally:
        _winmm.waveInReset(handle)  # returns the buffer, full or not
        _winmm.waveInUnprepareHeader(handle, ctypes.byref(header), size_of_header)
    if not header.recorded:
        raise Unanswered(Text("the device gave no sound", "设备没有送出声音"))
    return buffer.raw[: header.recorded]


def _wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not done() and time.monotonic() < end:
        time.sleep(_STEP_S)


def _check_status(status: int) -> None:
    if status == _ALLOCATED:
        raise Unanswered(Text("another program uses it", "被其他程序占用"))
    if status != 0:
        raise Unanswered(Text(f"it cannot be opened (error {status})", f"无法打开（错误 {status}）"))
