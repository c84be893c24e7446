"""Where the prepared things are kept, and the keys that decide whether they are still right.

Everything outside `.venv` lies in one folder, `.cache/oneseat` in the project unless the
environment variable `ONESEAT_CACHE` names another. A name in it ends in a hash of the pins it was
made from, so a changed pin leads to a new folder and never to a half-updated one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements"

WINDOWS_PYTHON_PINS = REQUIREMENTS / "windows-python.txt"
CLIENT_PINS = REQUIREMENTS / "client-windows.txt"
CLIENT_BUILD_PINS = REQUIREMENTS / "client-build-windows.txt"
CLIENT_TEST_PINS = REQUIREMENTS / "client-test-windows.txt"

# Raise by one when the recipe changes what it makes, so that folders made by an older one are left alone.
WINDOWS_PYTHON_RECIPE = 1
WINE_PREFIX_RECIPE = 1


def cache_root() -> Path:
    """The folder of everything prepared: `ONESEAT_CACHE`, else `.cache/oneseat` in the project."""
    chosen = os.environ.get("ONESEAT_CACHE")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / ".cache" / "oneseat"


def pins_key(recipe: int, *pins: Path) -> str:
    """Sixteen hexadecimal digits that change with the recipe and with any byte of the pin files."""
    digest = hashlib.sha256(str(recipe).encode())
    for path in pins:
        # Line endings are a matter of the checkout, not of the pins.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]


def windows_python() -> Path:
    """Folder of the Windows Python with the packages that freeze the client."""
    key = pins_key(WINDOWS_PYTHON_RECIPE, WINDOWS_PYTHON_PINS, CLIENT_BUILD_PINS)
    return cache_root() / f"windows-python-{key}"


def windows_test_packages() -> Path:
    """Folder to put on PYTHONPATH so that the Windows Python can run the shipped code's tests."""
    return cache_root() / f"windows-tests-{pins_key(WINDOWS_PYTHON_RECIPE, CLIENT_TEST_PINS)}"


def wine_prefix() -> Path:
    """The prepared wine prefix; shared and never written to by a test, which copies it."""
    return cache_root() / f"wine-prefix-{WINE_PREFIX_RECIPE}"
