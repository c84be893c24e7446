"""Compiles the unsigned installer with makensis, from the signed client, the charter and the template.

The uninstaller must be signed before it is packed. A first run of makensis without a payload makes it, then
it is signed, and a second run packs the signed file (see :mod:`oneseat.pipeline.base.uninstaller`).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.base import errors, uninstaller
from oneseat.pipeline.base.freeze import BUILD_EPOCH, PROGRAM, clamp_times
from oneseat.pipeline.base.inputs import ARTWORK, INSTALLER_TEMPLATE, VERSION, BaseInputs, ExamNames
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.base.templates import nsis_text, render
from oneseat.pipeline.tools.errors import ToolUnusable
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.tool import SETUP
from signing import documents
from signing.refusals import ClientStillNeeded

CHARTER = "charter.jws"
BUILD_ID = "build.id"
UNINSTALLER = "uninstall.exe"
REFUSALS = (
    errors.InstallerFilesUnwritable,
    errors.InstallerWindowsUnsupported,
    errors.InstallerRuntimeMissing,
    errors.InstallerAlreadyRunning,
    errors.InstallerClientUnstartable,
    errors.InstallerClientOpen,
    errors.InstallerOfSystem,
    errors.InstallerWindowsNotListed,
    errors.InstallerMemoryShort,
    errors.InstallerDiskShort,
    errors.InstallerAntivirusPresent,
    errors.InstallerOtherExamOpen,
    errors.InstallerEntryUnwritable,
)
"""The installer's own refusals; other refusals come from the client."""

CODES = {"taken": ("OS-103", "OS-109"), "unreachable": ("OS-053",)}
"""Refusals of client and portal for which the installer's page gives more help."""

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_SHORTCUT_CHARACTERS = 60


@dataclass(frozen=True)
class Payload:
    """The folder that the installer writes, without the uninstaller."""

    folder: Path

    @classmethod
    def assemble(
        cls, folder: Path, client: Path, signed_program: Path, inputs: BaseInputs, charter: str
    ) -> Payload:
        """Copy the frozen client, its signed program, the charter and the build id to ``folder``."""
        shutil.copytree(client, folder)
        shutil.copyfile(signed_program, folder / PROGRAM)
        (folder / CHARTER).write_text(charter.strip() + "\n", "ascii", newline="\n")
        (folder / BUILD_ID).write_text(inputs.build_id + "\n", "ascii", newline="\n")
        clamp_times(folder)
        return cls(folder)

    def files_by_folder(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return folders with their files, sorted, since the order on disk differs between computers."""
        folders: dict[str, list[tuple[str, str]]] = {}
        for path in sorted(self.folder.rglob("*"), key=lambda path: path.relative_to(self.folder).as_posix()):
            if path.is_file():
                inside = path.relative_to(self.folder).parent
                key = "" if inside == Path() else "\\".join(inside.parts)
                folders.setdefault(key, []).append((path.name, str(path)))
        return sorted(folders.items())

    def kib(self) -> int:
        """Compute the size that Windows shows for the program, in KiB."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()) // 1024


@dataclass(frozen=True)
class InstallerCompiler:
    """Compiles one build's installer in its own folder."""

    inputs: BaseInputs
    rules: InstallerRules
    makensis: Makensis
    folder: Path
    on_line: Callable[[str], None] | None = None

    def unsigned_uninstaller(self) -> Path:
        """Compile without a payload and return the unsigned uninstaller.

        Raises:
            ToolUnusable: makensis made no uninstaller.
        """
        self._exchange.mkdir(parents=True, exist_ok=True)
        self._compile("uninstaller", None)
        unsigned = self._exchange / uninstaller.UNSIGNED
        if not unsigned.is_file():
            raise ToolUnusable(tool=self.makensis.name, reason="it made no uninstaller", mend=SETUP)
        return unsigned

    def compile(self, payload: Payload, unsigned_uninstaller: Path, signed_uninstaller: Path) -> Path:
        """Compile the installer with a signed uninstaller and return it, unsigned.

        Raises:
            ToolFailed: makensis failed, or this run's uninstaller differs from the one that was signed.
        """
        self._exchange.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(unsigned_uninstaller, self._exchange / "draft.exe")
        (self._exchange / "draft.exe").replace(self._exchange / uninstaller.SIGNED_FROM)
        shutil.copyfile(signed_uninstaller, self._exchange / uninstaller.SIGNED)
        return self._compile("installer", payload)

    @property
    def _exchange(self) -> Path:
        return self.folder / "uninstaller"

    def _compile(self, name: str, payload: Payload | None) -> Path:
        output = self.folder / f"{name}.exe"
        script = self.folder / f"{name}.nsi"
        # makensis recognises UTF-8 by the byte order mark.
        script.write_text(self.script(output, payload), "utf-8-sig")
        self.makensis.compile(script, self.folder, BUILD_EPOCH, self.on_line)
        os.utime(output, (BUILD_EPOCH, BUILD_EPOCH))
        return output

    def script(self, output: Path, payload: Payload | None) -> str:
        """Render the NSIS script."""
        command = (sys.executable, uninstaller.__file__, self._exchange)
        return render(
            INSTALLER_TEMPLATE,
            names=self.inputs.names,
            rules=self.rules,
            codes=CODES,
            needed=ClientStillNeeded(until=self.rules.keep_until_text),
            documents=vars(documents),
            version=VERSION,
            build_id=self.inputs.build_id,
            shortcut=shortcut_name(self.inputs.names),
            refusals=REFUSALS,
            artwork=nsis_text(ARTWORK),
            output=output,
            finalise=" ".join(f'"{nsis_text(argument)}"' for argument in command),
            payload=payload.files_by_folder() if payload else [],
            payload_kib=payload.kib() if payload else 0,
        )


def shortcut_name(names: ExamNames) -> str:
    """Build the name of the desktop shortcut: product and exam, without characters Windows forbids."""
    plain = _NOT_IN_FILE_NAMES.sub(" ", f"{names.product.zh} - {names.title.zh}")
    return " ".join(plain.split())[:_SHORTCUT_CHARACTERS].rstrip(" .")
