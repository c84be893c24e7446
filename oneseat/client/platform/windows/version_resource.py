"""Reads the version resource of a program's file: its version, and the name that its maker gave it.

Sources: Microsoft's pages on GetFileVersionInfoW, VerQueryValueW and VS_FIXEDFILEINFO.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from ctypes import wintypes
from typing import Tuple

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_FALLBACK_LANGUAGE = b"\x09\x04\xb0\x04"
"""English (United States), Unicode: the default of resources without a translation table."""
_FIXED_BYTES = 52
"""VS_FIXEDFILEINFO; the file's version is in its third and fourth double word."""

_version = ctypes.WinDLL("version", use_last_error=True)
_version.VerQueryValueW.argtypes = [
    ctypes.c_void_p,
    wintypes.LPCWSTR,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(wintypes.UINT),
]


def original_name(path: str) -> str:
    """OriginalFilename in a program's version resource; empty if it has none."""
    block = _resource(path)
    translations = _queried(block, r"\VarFileInfo\Translation", 1)[:4]
    for language in dict.fromkeys((translations, _FALLBACK_LANGUAGE)):
        if len(language) == 4:
            low, high = int.from_bytes(language[:2], "little"), int.from_bytes(language[2:], "little")
            value = _queried(block, rf"\StringFileInfo\{low:04x}{high:04x}\OriginalFilename", 2)
            if value:
                return value.decode("utf-16-le", "replace").rstrip("\0")
    return ""


def file_version(path: str) -> Tuple[int, ...]:
    """The four numbers of a program's version; none if it has no version resource."""
    fixed = _queried(_resource(path), "\\", 1)
    if len(fixed) < _FIXED_BYTES:
        return ()
    high, low = struct.unpack_from("<II", fixed, 8)
    return (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)


def _resource(path: str) -> ctypes.Array[ctypes.c_char]:
    """A file's version resource; a block of one zero byte if it has none."""
    size = _version.GetFileVersionInfoSizeW(ctypes.c_wchar_p(path), None)
    block = ctypes.create_string_buffer(max(size, 1))
    if size and not _version.GetFileVersionInfoW(ctypes.c_wchar_p(path), 0, size, block):
        return ctypes.create_string_buffer(1)
    return block


def _queried(block: ctypes.Array[ctypes.c_char], name: str, unit_bytes: int) -> bytes:
    value, length = ctypes.c_void_p(), wintypes.UINT()
    # The system's function reads the length at the block's start, so an empty one is not given to it.
    if len(block) < _FIXED_BYTES:
        return b""
    if not _version.VerQueryValueW(block, name, ctypes.byref(value), ctypes.byref(length)) or not value:
        return b""
    return ctypes.string_at(value, length.value * unit_bytes)
