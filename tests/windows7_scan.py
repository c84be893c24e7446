"""What the program files of a whole folder lack on Windows 7."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.base.windows7 import Missing, missing_imports


def scan(folder: Path) -> list[Missing]:
    """The imports that Windows 7 cannot satisfy, of every program file in a folder, by any name.

    Raises:
        ValueError: the folder holds no program file, so nothing was proved.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.read_bytes()[:2] == b"MZ"]
    if not files:
        raise ValueError(f"no program file in {folder.name}")
    names = [path.name for path in files]
    return [missing for path in files for missing in missing_imports(path, names)]
