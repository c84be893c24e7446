"""Freezes the client with PyInstaller: a reproducible folder with OneSeat.exe."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from oneseat.pipeline.base.errors import ClientIncomplete
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import VERSION, ExamNames
from oneseat.pipeline.base.templates import ARTWORK, SPEC_TEMPLATE, START_HOOK, VERSION_TEMPLATE, render
from oneseat.pipeline.tools.runner import run
from oneseat.pipeline.tools.toolchain import require_intact
from oneseat.pipeline.tools.windows import WindowsPython
from signing.text import Text

PROGRAM = "OneSeat.exe"
NEEDED_TO_START = (
    PROGRAM,
    "_internal/base_library.zip",
    "_internal/python38.dll",
    "_internal/VCRUNTIME140.dll",
)
"""What PyInstaller's loader needs until Python runs, below the program's folder. Later the client reports."""
BUILD_EPOCH = 1_672_531_200
"""2023-01-01 00:00 UTC: the time in every file of every build, so that builds are reproducible."""

_NEEDED_PACKAGES = frozenset({"oneseat", "signing", "nacl", "_cffi_backend"})
"""Top-level packages of which PyInstaller must not miss a module: ours, and what signatures need."""
_MISSING = re.compile(r"missing module named ['\"]?(?P<name>(?P<package>\w+)[\w.]*)")
"""A line of PyInstaller's warnings; names with a dot are quoted there."""

_SOURCE = "source"
_ENTRY = "oneseat_main.py"
_HOOK = "oneseat_start.py"
_VERSION_FILE = "version.txt"


def specification(at: Callable[[str], str]) -> str:
    """Render PyInstaller's specification; ``at`` gives the path of a file of the working folder.

    Raises:
        TemplateBroken: the template cannot be rendered.
    """
    paths = {
        "source": _SOURCE,
        "entry": _ENTRY,
        "start_hook": _HOOK,
        "version_file": _VERSION_FILE,
        "icon": "icon.ico",
    }
    return render(SPEC_TEMPLATE, **{name: at(path) for name, path in paths.items()})


def version_resource(names: ExamNames, build_id: str) -> str:
    """Render what Windows shows as the program's properties.

    Raises:
        TemplateBroken: the template cannot be rendered.
    """
    return render(VERSION_TEMPLATE, version=VERSION, names=_texts(names), build_id=build_id)


def freeze(
    inputs: BaseInputs, folder: Path, python: WindowsPython, on_line: Callable[[str], None] | None = None
) -> Path:
    """Freeze the client in ``folder``, which must be empty, and return the folder with the program.

    Raises:
        ClientIncomplete: PyInstaller succeeded without a file that a start needs, or one of our modules.
        ToolMissing, ToolFailed, ToolTimedOut: the Windows Python is missing, failed, or ran too long.
        CacheChanged, CacheWritableByOthers: the Windows Python is not the one that was unpacked.
        TemplateBroken: the specification or the version resource cannot be rendered.
    """
    require_intact(python)
    source = folder / _SOURCE
    inputs.stage(source)
    (folder / _ENTRY).write_bytes((source / "oneseat" / "client" / "__main__.py").read_bytes())
    (folder / _HOOK).write_bytes(START_HOOK.read_bytes())
    (folder / "icon.ico").write_bytes((ARTWORK / "icon.ico").read_bytes())
    (folder / _VERSION_FILE).write_text(version_resource(inputs.names, inputs.build_id), "utf-8")
    at = python.host.windows_path
    spec = folder / "client.spec"
    spec.write_text(specification(lambda name: at(folder / name)), "utf-8")
    invocation = python.invocation(
        Text("freezing the client", "打包考生端"),
        *("-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"),
        *("--distpath", folder / "dist", "--workpath", folder / "work", spec),
        timeout_s=900,
        environment={
            "SOURCE_DATE_EPOCH": str(BUILD_EPOCH),
            "PYINSTALLER_CONFIG_DIR": at(folder / "config"),
            "PYTHONPATH": at(source),
        },
        folder=folder,
    )
    run(invocation, on_line)
    program_folder = folder / "dist" / "OneSeat"
    for name in NEEDED_TO_START:
        if not (program_folder / name).is_file():
            raise ClientIncomplete(reason=Text(f"PyInstaller made no {name}", f"PyInstaller 没有生成 {name}"))
    refuse_missing_modules(folder / "work")
    clamp_times(program_folder)
    return program_folder


def _texts(names: ExamNames) -> dict[str, dict[str, str]]:
    return {
        "product": names.product._asdict(),
        "title": names.title._asdict(),
        "publisher": names.publisher._asdict(),
    }


def refuse_missing_modules(work: Path) -> None:
    """Refuse if PyInstaller warned of one of our modules missing; the client would fail on the day.

    Args:
        work: PyInstaller's ``--workpath``, in which it leaves ``warn-NAME.txt``.

    Raises:
        ClientIncomplete: a module that the client needs is missing.
    """
    for report in work.rglob("warn-*.txt"):
        for line in report.read_text("utf-8", "replace").splitlines():
            missing = _MISSING.match(line)
            if missing and missing["package"] in _NEEDED_PACKAGES:
                name = missing["name"]
                raise ClientIncomplete(reason=Text(f"{name} is missing", f"缺少 {name}"))


def clamp_times(folder: Path) -> None:
    """Give every file and folder the same time."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (BUILD_EPOCH, BUILD_EPOCH))


def tree_sha256(folder: Path) -> str:
    """Compute the SHA-256 over names and contents of all files in a folder, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix().encode()
        digest.update(len(name).to_bytes(4, "big") + name + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
