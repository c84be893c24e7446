"""Exchanges the uninstaller for its signed copy while makensis runs (`!uninstfinalize`).

    python uninstaller.py FOLDER UNINSTALLER

It keeps a copy as `unsigned.exe` in FOLDER. If FOLDER holds a `signed.exe` made from the same bytes
(`signed-from.exe`), that replaces the uninstaller. So makensis needs neither key nor passphrase. Standard
library only: makensis starts it without our packages.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

UNSIGNED = "unsigned.exe"
SIGNED = "signed.exe"
SIGNED_FROM = "signed-from.exe"


def main(folder: Path, uninstaller: Path) -> int:
    """Exchange the uninstaller; the exit status tells makensis whether to go on."""
    shutil.copyfile(uninstaller, folder / UNSIGNED)
    signed = folder / SIGNED
    if not signed.exists():
        return 0
    if (folder / SIGNED_FROM).read_bytes() != uninstaller.read_bytes():
        sys.stderr.write("the signed uninstaller was made from other bytes\n")
        return 1
    shutil.copyfile(signed, uninstaller)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
