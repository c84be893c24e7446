"""The room's settings as a pydantic model, with their validation."""

from __future__ import annotations

from pathlib import Path

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    field_validator,
)

from oneseat.room.refusals.start import RoomSettingsInvalid
from oneseat.web.setting_checks import checked_origin, validated
from signing.os_faults import system_reason
from signing.text import Text


class RoomSettings(BaseModel):
    """The settings of one exam's room.

    ``keys`` is the folder of the room's own ring, which signs receipts. ``root_public_key`` is the exam's
    root key in base64url: charters must verify under it. ``state`` is a path or database URL, ``store`` a
    path or store URL for recordings, ``papers`` the folder of the sessions' papers. ``public_url`` is the
    room's origin for candidates, by default that of the charter. ``portal_url`` and ``portal_token`` are
    for reports; without a token nothing is reported. ``rehearse_at`` makes the clock start there.
    ``sweep_interval_s`` is how often attempts past their end are handed in; 0 leaves that to other processes.
    Without ``fast_path`` each beat goes through the framework and has a transaction of its own: the reference
    for the fast path.
    ``paper_interval_s`` is how often shares of papers' keys are looked for; 0 is for tests.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exam: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    keys: Path
    passphrase: SecretBytes
    root_public_key: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    state: str
    store: str
    papers: Path
    public_url: str | None = None
    portal_url: str | None = None
    portal_token: SecretStr | None = None
    rehearse_at: AwareDatetime | None = None
    sweep_interval_s: float = Field(default=5, ge=0, le=600)
    fast_path: bool = True
    paper_interval_s: float = Field(default=1, ge=0, le=60)

    _origins = field_validator("public_url", "portal_url")(checked_origin)


def checked_settings(**values: object) -> RoomSettings:
    """Validate ``values`` as settings.

    Raises:
        RoomSettingsInvalid: a value is not usable; the first such is named, without its value.
    """
    return validated(RoomSettings, values, RoomSettingsInvalid)


def read_token(path: Path) -> str:
    """Read a service token from a file.

    Raises:
        RoomSettingsInvalid: the file cannot be read, or holds no text.
    """
    try:
        token = path.read_text("ascii").strip()
    except OSError as error:
        raise RoomSettingsInvalid(setting="token_file", reason=system_reason(error)) from None
    except ValueError:
        token = ""
    if not token:
        raise RoomSettingsInvalid(setting="token_file", reason=Text("it holds no token", "文件中没有令牌"))
    return token
