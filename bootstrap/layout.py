"""Paths of prepared files, and the cache keys in their names.

Everything except `.venv` is in one cache folder: `.cache/oneseat` in the project, or the environment
variable `ONESEAT_CACHE`. Names in it end in a hash of the pins they were made from, so a changed pin
leads to a new folder and never to a half-updated one.
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
PHONE_PINS = REQUIREMENTS / "phone-npm.json"

# Raise by one when the steps change, so that folders made by older steps are not reused.
WINDOWS_PYTHON_RECIPE = 2
WINDOWS_TESTS_RECIPE = 1
WINE_PREFIX_RECIPE = 2
PHONE_TOOLS_RECIPE = 1

WINE_PREFIX_PARTS = ("drive_c/windows", "drive_c/Program Files")
"""The parts of the wine prefix that hold programs. Wine writes to the others whenever it runs."""


def cache_root() -> Path:
    """Return the cache folder: `ONESEAT_CACHE`, else `.cache/oneseat` in the project."""
    chosen = os.environ.get("ONESEAT_CACHE")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / ".cache" / "oneseat"


def pins_key(recipe: int, *pins: Path) -> str:
    """Hash the recipe number and the pin files to sixteen hexadecimal digits."""
    digest = hashlib.sha256(str(recipe).encode())
    for path in pins:
        # Line endings depend on the checkout, so they are normalised.
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]


def windows_python() -> Path:
    """Return the folder of the Windows Python with the packages that freeze the client."""
    key = pins_key(WINDOWS_PYTHON_RECIPE, WINDOWS_PYTHON_PINS, CLIENT_BUILD_PINS)
    return cache_root() / f"windows-python-{key}"


def windows_test_packages() -> Path:
    """Return the folder for PYTHONPATH with which the Windows Python runs the shipped code's tests."""
    return cache_root() / f"windows-tests-{pins_key(WINDOWS_TESTS_RECIPE, CLIENT_TEST_PINS)}"


def phone_tools() -> Path:
    """Return the folder of the phone app's tools out of npm packages."""
    return cache_root() / f"phone-tools-{pins_key(PHONE_TOOLS_RECIPE, PHONE_PINS)}"


def wine_prefix() -> Path:
    """Return the prepared wine prefix. It is shared: tests copy it and never write to it."""
    return cache_root() / f"wine-prefix-{WINE_PREFIX_RECIPE}"
