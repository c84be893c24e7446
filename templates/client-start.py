"""Runs in the frozen client before anything else: modules are read from memory, not from the file each.

PyInstaller opens the program's own file anew for every module that is loaded. A start
loads a hundred, and each time the file passes whatever watches this computer's files.
Should PyInstaller's loader be another than expected, the start is slow, and nothing else.
"""

import contextlib
import io

import pyimod01_archive
import pyimod02_importers


def _read_once() -> None:
    archive = pyimod02_importers.pyz_archive._filename  # noqa: SLF001 -- it has no other name
    with io.open_code(archive) as file:
        whole = file.read()

    def from_memory(path: str, mode: str) -> io.IOBase:
        return io.BytesIO(whole) if path == archive else io.FileIO(path, mode.replace("b", ""))

    pyimod01_archive.open = from_memory


with contextlib.suppress(AttributeError, OSError):
    _read_once()
