"""The portal's settings as pydantic models, with their validation."""

from __future__ import annotations

from ipaddress import ip_network
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

from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.web.setting_checks import HostName, checked_origin, validated
from signing.text import Text


class ExamSettings(BaseModel):
    """One exam that the portal serves: key folder, state and store.

    ``keys`` is the folder of the portal's own ring (never the authority's),
    ``root_public_key`` the exam's root key in base64url: charters must verify under it.
    ``state`` is a path or database URL, ``store`` a path or store URL. ``hosts`` are the
    exam's own host names: at these it is the only exam, and it is served at no other.
    With ``presigned`` a download is redirected to a presigned URL of the whole installer, for
    installers that were published whole to a store that can presign.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exam: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    keys: Path
    passphrase: SecretBytes
    root_public_key: str = Field(min_length=43, max_length=43)
    state: str
    store: str
    hosts: tuple[HostName, ...] = ()
    presigned: bool = False


class PortalSettings(BaseModel):
    """The portal's settings.

    ``public_url`` is the base URL for candidates: https, or http on loopback. It defaults to where
    the portal listens, which must then be loopback.
    ``rehearse_at`` makes the clock start there; it needs keys and state marked for it.
    ``trusted_proxies`` are the networks whose X-Forwarded-For counts. A refused login is
    answered ``refusal_floor_s`` after it arrived, at the earliest, so that the time of
    the answer reveals nothing. ``limits_url`` is the Redis in which several processes share
    the count of failed attempts per address; by default each process counts its own.
    ``metrics_from`` are the networks that may read ``/metrics``. Without ``fast_path`` every
    request goes through FastAPI and every login has its own transaction, which is slower and the
    reference for the fast path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exams: tuple[ExamSettings, ...] = Field(min_length=1)
    public_url: str | None = None
    rehearse_at: AwareDatetime | None = None
    trusted_proxies: tuple[str, ...] = ()
    refusal_floor_s: float = Field(default=0.25, ge=0, le=5)
    address_burst: int = Field(default=600, ge=1)
    address_per_minute: float = Field(default=30, gt=0)
    limits_url: SecretStr | None = None
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    fast_path: bool = True

    _origin = field_validator("public_url")(checked_origin)

    @field_validator("trusted_proxies", "metrics_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(network)) for network in value)

    @field_validator("exams")
    @classmethod
    def _distinct(cls, value: tuple[ExamSettings, ...]) -> tuple[ExamSettings, ...]:
        names = [exam.exam for exam in value]
        if len(set(names)) != len(names):
            raise ValueError(Text("an exam is listed twice", "有考试重复列出"))
        return value

    def exams_at(self, host: str) -> tuple[str, ...]:
        """The exams served at a host name: those that name it, or else all without a host name."""
        own = tuple(exam.exam for exam in self.exams if host in exam.hosts)
        return own or tuple(exam.exam for exam in self.exams if not exam.hosts)

    def is_exam_host(self, host: str) -> bool:
        """Whether an exam names this host as its own."""
        return any(host in exam.hosts for exam in self.exams)

    @property
    def secure(self) -> bool:
        """Whether cookies are for https alone."""
        return (self.public_url or "").startswith("https:")


def checked_settings(**values: object) -> PortalSettings:
    """Validate ``values`` as settings.

    Raises:
        SettingsInvalid: a value is not usable; the first such is named, without its value.
    """
    return validated(PortalSettings, values, SettingsInvalid)
