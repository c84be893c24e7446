"""Compiles the launcher with makensis: the program in front of the client, which checks the client's files.

The client's own message needs Python. What Python itself needs may be in a virus scanner's quarantine. Then
Windows or PyInstaller's loader shows an English box, or nothing. The launcher needs no file but itself
(docs/adr/0093-a-launcher-in-front-of-the-client.md).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from oneseat.client.errors import LaunchFileMissing, LaunchNotAllowed, LaunchRuntimeMissing
from oneseat.client.run import LAUNCHER
from oneseat.pipeline.base.freeze import BUILD_EPOCH, NEEDED_TO_START, PROGRAM
from oneseat.pipeline.base.names import VERSION, ExamNames
from oneseat.pipeline.base.templates import ARTWORK, LAUNCHER_TEMPLATE, render
from oneseat.pipeline.tools.makensis import Makensis

REFUSALS = (LaunchFileMissing, LaunchRuntimeMissing, LaunchNotAllowed)
"""The refusals that it shows."""

_SCRIPT, _ICON = "launcher.nsi", "launcher.ico"


def script(names: ExamNames) -> str:
    """Render the launcher's NSIS script.

    Raises:
        TemplateBroken: the template cannot be rendered.
    """
    return render(
        LAUNCHER_TEMPLATE,
        names=names,
        version=VERSION,
        launcher=LAUNCHER,
        program=PROGRAM,
        needed=[name.replace("/", "\\") for name in NEEDED_TO_START],
        refusals=REFUSALS,
        file_missing=LaunchFileMissing.number,
        runtime_missing=LaunchRuntimeMissing.number,
        not_started=LaunchNotAllowed.number,
        output=LAUNCHER,
        icon=_ICON,
    )


def compile_into(
    client: Path,
    folder: Path,
    names: ExamNames,
    makensis: Makensis,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Compile the launcher in a working folder, and move it, unsigned, into the frozen client's folder.

    Raises:
        ToolFailed, ToolMissing, ToolTimedOut: makensis failed, is missing, or ran too long.
        TemplateBroken: the template cannot be rendered.
    """
    shutil.copyfile(ARTWORK / "icon.ico", folder / _ICON)
    # makensis recognises UTF-8 by the byte order mark.
    (folder / _SCRIPT).write_text(script(names), "utf-8-sig")
    makensis.compile(folder / _SCRIPT, folder, BUILD_EPOCH, on_line)
    launcher = (folder / LAUNCHER).replace(client / LAUNCHER)
    for path in (launcher, client):
        os.utime(path, (BUILD_EPOCH, BUILD_EPOCH))
