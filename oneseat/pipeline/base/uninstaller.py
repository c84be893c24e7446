"""What makensis runs on the uninstaller it has made (`!uninstfinalize`), before it packs it.

    python base_uninstaller.py FOLDER UNINSTALLER

Keeps a copy as `unsigned.exe` in FOLDER. Where FOLDER holds a `signed.exe`, that takes the place of the
uninstaller, provided that it was made from the same bytes (`signed-from.exe`). So no key and no passphrase
is needed while makensis runs. Standard library only: makensis starts it with nothing of ours around it.
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
