"""Copies the beginning of a file: by shared blocks (reflinks) where possible, else inside the kernel."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from oneseat.files.chunks import chunks
from signing.authority.errors import BaseChanged
from signing.text import Text

_FICLONERANGE, _CLONE_RANGE = 0x4020940D, struct.Struct("=qQQQ")
"""The ``ioctl`` by which a file shares another's blocks, and what it takes (Linux, ioctl_ficlonerange(2))."""


def copy_head(source: BinaryIO, target: BinaryIO, count: int) -> None:
    """Copy the first ``count`` bytes of a file to an empty one, and leave the target's position behind them.

    Raises:
        BaseChanged: the source is shorter.
        OSError: it cannot be copied.
    """
    done = _clone(source, target, count)
    try:
        while done < count:
            moved = os.copy_file_range(source.fileno(), target.fileno(), count - done, done, done)
            if not moved:
                break
            done += moved
    except (AttributeError, OSError):
        pass  # not here, or not between these file systems: the loop below goes on, or says why not
    source.seek(done)
    target.seek(done)
    target.writelines(chunks(source, count - done))
    if target.tell() != count:
        raise BaseChanged(what=Text("it is shorter than its manifest says", "文件比清单所记的短"))


def cost_bytes(source: Path, folder: Path, count: int) -> int:
    """Measure how much space a copy of a file's first ``count`` bytes takes in a folder: less with reflinks.

    Raises:
        OSError: no file can be written there.
    """
    with source.open("rb") as file, tempfile.TemporaryFile(dir=folder) as probe:
        return count - _clone(file, probe, count)


def _clone(source: BinaryIO, target: BinaryIO, count: int) -> int:
    """Let the target share the whole blocks of the first ``count`` bytes; how many bytes those are.

    Whole blocks only: what is written next comes behind them, and the system need not
    read a block in order to change a part of it. 0 where the file system cannot share.
    """
    if sys.platform != "linux":
        return 0
    import fcntl

    whole = count - count % os.fstatvfs(target.fileno()).f_bsize
    with contextlib.suppress(OSError):
        fcntl.ioctl(target.fileno(), _FICLONERANGE, _CLONE_RANGE.pack(source.fileno(), 0, whole, 0))
        return whole
    return 0
