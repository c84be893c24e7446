"""The portal's settings from a TOML file, for a portal that serves several exams.

The members are those of :class:`oneseat.portal.settings.PortalSettings`, but for passphrases, which
lie in files of their own (``passphrase_file``). Relative paths count from the file's folder.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.settings import PortalSettings, checked_settings

_PATHS = ("keys", "passphrase_file", "state", "store")


def load_settings(path: Path, **given: object) -> PortalSettings:
    """The settings in a file; what is ``given`` besides (and neither None nor empty) wins over it.

    Raises:
        SettingsInvalid: the file cannot be read, is not TOML, or says something that is not usable.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not TOML in UTF-8"
        raise SettingsInvalid(setting=path.name, reason=reason) from None
    exams = values.get("exams")
    if isinstance(exams, list):
        values["exams"] = [_exam(one, path.parent) if isinstance(one, dict) else one for one in exams]
    return checked_settings(
        **{**values, **{name: value for name, value in given.items() if value not in (None, "", ())}}
    )


def _exam(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "passphrase" in values:
        raise SettingsInvalid(setting="exams.passphrase", reason="name a passphrase_file instead")
    placed = {name: _placed(value, folder) if name in _PATHS else value for name, value in values.items()}
    file = placed.pop("passphrase_file", None)
    if file is None:
        return placed
    try:
        passphrase = Path(str(file)).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise SettingsInvalid(
            setting="exams.passphrase_file", reason=error.strerror or "it cannot be read"
        ) from None
    return {**placed, "passphrase": passphrase}


def _placed(value: object, folder: Path) -> object:
    """A path counted from the file's folder; a URL (of a database or a store) as it is."""
    return value if not isinstance(value, str) or "://" in value else str(folder / value)
