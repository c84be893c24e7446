"""Compiles the unsigned installer with makensis, from the signed client, the charter and the template.

The uninstaller must be signed before it is packed. A first run of makensis without a payload makes it, then
it is signed, and a second run packs the signed file (see :mod:`oneseat.pipeline.base.uninstaller`).

makensis runs in the build's working folder and is given names inside it only. So neither the place of a
checkout nor the times of its files reach the installer.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oneseat.client.run import LAUNCHER
from oneseat.pipeline.base import errors, uninstaller
from oneseat.pipeline.base.freeze import BUILD_EPOCH, clamp_times
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import VERSION, ExamNames
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.base.templates import ARTWORK, INSTALLER_TEMPLATE, render
from oneseat.pipeline.tools.errors import ToolUnusable
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.tool import SETUP
from signing import documents
from signing.refusals import ClientStillNeeded
from signing.text import Text

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

REMOVAL_TIME_UNCONFIRMED = 1250
"""The client's number for a removal whose time the portal did not confirm."""

_ARTWORK = "artwork"
_PLUGINS = "plugins"
_EXCHANGE = "uninstaller"
_EXCHANGER = "uninstaller.py"
_PYTHON = "ONESEAT_PYTHON"
_VARIABLE = f"%{_PYTHON}%" if sys.platform == "win32" else f"${_PYTHON}"
_FINALISE = f'"{_VARIABLE}" {_EXCHANGER} {_EXCHANGE}'
"""The command that exchanges the uninstaller.

The shell takes the interpreter's path from the environment: NSIS has no quotes for every path.
"""
_PLUGIN_CALL = re.compile(r"\b([A-Za-z]\w*)::\w")

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_SHORTCUT_CHARACTERS = 60


@dataclass(frozen=True)
class Payload:
    """The folder that the installer writes, without the uninstaller."""

    folder: Path

    @classmethod
    def assemble(cls, folder: Path, client: Path, signed: Path, inputs: BaseInputs, charter: str) -> Payload:
        """Copy the frozen client, its signed files over it, the charter and the build id to ``folder``.

        The signed uninstaller is left out: makensis makes and packs that itself.
        """
        shutil.copytree(client, folder)
        shutil.copytree(signed, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(UNINSTALLER))
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
                folders.setdefault(key, []).append((path.name, str(path.relative_to(self.folder.parent))))
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

    def plugins(self) -> list[Path]:
        """Return the plugins that the script calls, as makensis has them."""
        called = set(_PLUGIN_CALL.findall(self.script()))
        return [path for path in sorted(self.makensis.plugins.glob("*.dll")) if path.stem in called]

    def stage_plugins(self, folder: Path) -> None:
        """Copy the signed plugins to where makensis looks for plugins first."""
        shutil.copytree(folder, self.folder / _PLUGINS)
        clamp_times(self.folder / _PLUGINS)

    def unsigned_uninstaller(self) -> Path:
        """Compile without a payload and return the unsigned uninstaller.

        Raises:
            ToolUnusable: makensis made no uninstaller.
        """
        self._stage()
        self._compile("uninstaller", None)
        unsigned = self._exchange / uninstaller.UNSIGNED
        if not unsigned.is_file():
            raise ToolUnusable(
                tool=self.makensis.name, reason=Text("it made no uninstaller", "没有生成卸载程序"), mend=SETUP
            )
        return unsigned

    def compile(self, payload: Payload, unsigned_uninstaller: Path, signed_uninstaller: Path) -> Path:
        """Compile the installer with a signed uninstaller and return it, unsigned.

        Raises:
            ToolFailed: makensis failed, or this run's uninstaller differs from the one that was signed.
        """
        self._stage()
        shutil.copyfile(unsigned_uninstaller, self._exchange / "draft.exe")
        (self._exchange / "draft.exe").replace(self._exchange / uninstaller.SIGNED_FROM)
        shutil.copyfile(signed_uninstaller, self._exchange / uninstaller.SIGNED)
        return self._compile("installer", payload)

    @property
    def _exchange(self) -> Path:
        return self.folder / _EXCHANGE

    def _stage(self) -> None:
        """Copy what the script names into the working folder, with the times of every build."""
        self._exchange.mkdir(exist_ok=True)
        shutil.copyfile(uninstaller.__file__, self.folder / _EXCHANGER)
        artwork = self.folder / _ARTWORK
        artwork.mkdir(exist_ok=True)
        for suffix in ("ico", "bmp"):
            for path in ARTWORK.glob(f"*.{suffix}"):
                shutil.copyfile(path, artwork / path.name)
        clamp_times(artwork)

    def _compile(self, name: str, payload: Payload | None) -> Path:
        output = self.folder / f"{name}.exe"
        script = self.folder / f"{name}.nsi"
        # makensis recognises UTF-8 by the byte order mark.
        script.write_text(self.script(payload, output.name), "utf-8-sig")
        environment = {_PYTHON: sys.executable}
        self.makensis.compile(script, self.folder, BUILD_EPOCH, self.on_line, environment=environment)
        os.utime(output, (BUILD_EPOCH, BUILD_EPOCH))
        return output

    def script(self, payload: Payload | None = None, output: str = "installer.exe") -> str:
        """Render the NSIS script of this build."""
        return script(self.inputs.names, self.inputs.build_id, self.rules, payload, output)


def script(
    names: ExamNames,
    build_id: str,
    rules: InstallerRules,
    payload: Payload | None = None,
    output: str = "installer.exe",
) -> str:
    """Render the NSIS script of these values.

    Raises:
        TemplateBroken: the template cannot be rendered.
    """
    return render(
        INSTALLER_TEMPLATE,
        names=names,
        rules=rules,
        codes=CODES,
        needed=ClientStillNeeded(until=rules.keep_until_text),
        unconfirmed=REMOVAL_TIME_UNCONFIRMED,
        documents=vars(documents),
        version=VERSION,
        build_id=build_id,
        shortcut=shortcut_name(names),
        launcher=LAUNCHER,
        refusals=REFUSALS,
        artwork=_ARTWORK,
        plugins=_PLUGINS,
        output=output,
        finalise=_FINALISE,
        payload=payload.files_by_folder() if payload else [],
        payload_kib=payload.kib() if payload else 0,
    )


def shortcut_name(names: ExamNames) -> str:
    """Build the name of the desktop shortcut: product and exam, without characters Windows forbids."""
    plain = _NOT_IN_FILE_NAMES.sub(" ", f"{names.product.zh} - {names.title.zh}")
    return " ".join(plain.split())[:_SHORTCUT_CHARACTERS].rstrip(" .")
