"""Loads the portal's settings from a TOML file, for a portal that serves several exams.

The members are those of :class:`oneseat.portal.settings.PortalSettings`, except that a
passphrase is in a file of its own (``passphrase_file``). Paths are relative to the file's folder.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.settings import PortalSettings, checked_settings
from signing.os_faults import system_reason
from signing.text import Text

_PATHS = ("keys", "passphrase_file", "state", "store")


def load_settings(path: Path, **given: object) -> PortalSettings:
    """Load settings from a file; values in ``given`` that are neither None nor empty override it.

    Raises:
        SettingsInvalid: the file cannot be read, is not TOML, or has a value that is not usable.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        not_toml = Text("it is not TOML in UTF-8", "不是 UTF-8 编码的 TOML 文件")
        reason = system_reason(error) if isinstance(error, OSError) else not_toml
        raise SettingsInvalid(setting=path.name, reason=reason) from None
    exams = values.get("exams")
    if isinstance(exams, list):
        values["exams"] = [_exam(exam, path.parent) if isinstance(exam, dict) else exam for exam in exams]
    return checked_settings(
        **{**values, **{name: value for name, value in given.items() if value not in (None, "", ())}}
    )


def _exam(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "passphrase" in values:
        raise SettingsInvalid(
            setting="exams.passphrase",
            reason=Text("name a passphrase_file instead", "请改用 passphrase_file"),
        )
    resolved = {name: _resolve(value, folder) if name in _PATHS else value for name, value in values.items()}
    file = resolved.pop("passphrase_file", None)
    if file is None:
        return resolved
    try:
        passphrase = Path(str(file)).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise SettingsInvalid(setting="exams.passphrase_file", reason=system_reason(error)) from None
    return {**resolved, "passphrase": passphrase}


def _resolve(value: object, folder: Path) -> object:
    """Make a path relative to the file's folder; a URL of a database or store stays as it is."""
    return value if not isinstance(value, str) or "://" in value else str(folder / value)
