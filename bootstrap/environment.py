"""Fills the virtual environment `.venv` with pinned, hashed packages and the project itself."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from bootstrap.layout import PROJECT, REQUIREMENTS
from bootstrap.steps import SetupFailed, run, say

FOLDER = PROJECT / ".venv"
PYTHON = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
PINS = REQUIREMENTS / "dev.txt"
VERSION = PROJECT / "oneseat" / "__init__.py"
OLDEST_PYTHON = (3, 11)
_PIP = (PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")


def prepare() -> None:
    """Make `.venv` match the pins and the project's metadata; skipped if its stamp is current."""
    stamp = FOLDER / "oneseat-setup.stamp"
    wanted = _fingerprint()
    if PYTHON.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    interpreter = _interpreter()
    say(f"filling .venv with {interpreter} (pinned and hashed packages)")
    stamp.unlink(missing_ok=True)
    if not _usable(PYTHON, "pip"):
        run([interpreter, "-m", "venv", "--clear", FOLDER], doing="making .venv")
    _install(PINS)
    # No isolation and no dependencies: the backend and everything else are already there, pinned. compat: one
    # path entry instead of a list of today's packages, so that a new room is importable at once.
    options = ["--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable"]
    run([*_PIP, "install", *options, PROJECT], doing="installing the project")
    stamp.write_text(wanted, "utf-8")


def pip(command: str, pins: Path, *options: str | Path, doing: str) -> None:
    """Run `.venv`'s pip on a pin file; files whose hash is not in it are refused."""
    run([*_PIP, command, "--require-hashes", "--requirement", pins, *options], doing=doing)


def _install(pins: Path) -> None:
    """Install the pinned packages with uv, which takes a fifth of pip's time, or else with pip.

    uv does not read pip's settings, in which a computer may say where else packages are found.
    """
    try:
        with tempfile.TemporaryDirectory() as temporary:
            first = Path(temporary) / "uv.txt"
            first.write_text(pin_of("uv", pins), "utf-8")
            pip("install", first, doing="installing uv")
        uv: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
        run([*uv, "--require-hashes", "--requirement", pins], doing="installing the pinned packages")
    except SetupFailed as failure:
        say(f"{failure}\nsetup: installing with pip instead")
        pip("install", pins, doing="installing the pinned packages")


def pin_of(package: str, pins: Path) -> str:
    """One package's lines of a pin file: its version, and the hashes that continue the line."""
    lines = pins.read_text("utf-8").splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(f"{package}==")), None)
    if start is None:
        raise SetupFailed(f"{pins.name} pins no {package}.")
    end = next(at for at in range(start, len(lines)) if not lines[at].rstrip().endswith("\\"))
    return "".join(lines[start : end + 1])


def _fingerprint() -> str:
    """Fingerprint the environment's inputs: the pins, the version, and the metadata in pyproject.toml."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    installed_by = [settings["build-system"], settings["project"], settings["tool"]["setuptools"]]
    # The metadata contains the version, so a new version needs a new installation.
    digest = hashlib.sha256(json.dumps(installed_by, sort_keys=True).encode())
    digest.update(VERSION.read_bytes() + PINS.read_bytes())
    return f"{digest.hexdigest()} {PROJECT}\n"


def _interpreter() -> str:
    """Choose Debian's Python first, so that two machines agree; then the running one, then PATH."""
    candidates = ["/usr/bin/python3", sys.executable, shutil.which("python3") or ""]
    for candidate in candidates:
        if candidate and _usable(Path(candidate)):
            return candidate
    raise SetupFailed("Python 3.11 or later with its venv module is needed (Debian: python3-venv).")


def _usable(python: Path, module: str = "ensurepip") -> bool:
    """Whether an interpreter exists, is new enough, and has a module."""
    if not python.exists():
        return False
    question = f"import sys, venv, {module}; sys.exit(sys.version_info[:2] < {OLDEST_PYTHON})"
    result = subprocess.run(
        [str(python), "-c", question], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return result.returncode == 0
