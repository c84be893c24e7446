"""Renders the nginx and systemd files of a deployment from ``templates/deploy``.

nginx and systemd each have their own quoting, so only values that need no quoting are accepted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from oneseat.files.atomic import write_atomic
from oneseat.files.resources import how_to, templates
from oneseat.portal.refusals.start import (
    AuthorityRingRefused,
    RehearsalRefused,
    SettingsInvalid,
)
from oneseat.portal.settings import HostName
from oneseat.web.refusals import AddressInUse
from oneseat.web.serving import GRACEFUL_STOP_S
from oneseat.web.setting_checks import reason_of
from signing.os_faults import system_reason
from signing.text import Text

Port = Annotated[int, Field(ge=1, le=65535)]
PlainPath = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/+-]*$", max_length=255)]
"""An absolute path without characters that are special to nginx or systemd."""
Account = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]

_FINAL = (SettingsInvalid, AuthorityRingRefused, RehearsalRefused, AddressInUse)
"""Refusals to start that a restart does not repair."""


class Deployment(BaseModel):
    """The layout of the portal's host: paths, ports and accounts.

    ``ports`` are the processes, on loopback, one port each. ``program`` is the ``oneseat``
    command, ``settings`` the portal's settings file, ``writable`` the folders with state
    in SQLite, which systemd exempts from the service's read-only file system.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host_names: tuple[HostName, ...] = Field(min_length=1)
    certificate: PlainPath
    certificate_key: PlainPath
    program: PlainPath
    settings: PlainPath = "/etc/oneseat/portal.toml"
    ports: tuple[Port, ...] = Field(default=(8765, 8766), min_length=1)
    writable: tuple[PlainPath, ...] = ()
    user: Account = "oneseat"
    http_port: Port = 80
    https_port: Port = 443
    log_folder: PlainPath = "/var/log/nginx"

    @field_validator("ports")
    @classmethod
    def _distinct(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) != len(value):
            raise ValueError(Text("two processes cannot listen on one port", "两个进程不能监听同一端口"))
        return value


def checked_deployment(**values: object) -> Deployment:
    """Validate ``values`` as a deployment.

    Raises:
        SettingsInvalid: a value is not usable; the first such is named, without its value.
    """
    try:
        return Deployment.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        setting = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
        raise SettingsInvalid(setting=setting, reason=reason_of(fault)) from None


def files(deployment: Deployment) -> dict[str, str]:
    """Render the files; their contents by name."""
    environment = Environment(
        loader=FileSystemLoader(templates("deploy")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- configuration, not pages; the model lets nothing through that needs it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    facts = {
        **deployment.model_dump(),
        "proxy": proxy_directives("oneseat_portal"),
        "documentation": how_to("run-behind-nginx.md"),
        "folder": str(Path(deployment.settings).parent),
        "environment_file": str(Path(deployment.settings).with_suffix(".env")),
        "after": " postgresql.service redis-server.service",
        "final_statuses": sorted(error.exit_status for error in _FINAL),
        "graceful_stop_s": GRACEFUL_STOP_S,
    }
    names = ("nginx.conf", "oneseat-portal@.service", "oneseat-portal.target")
    return {name: environment.get_template(f"{name}.j2").render(facts) for name in names}


def proxy_directives(upstream: str) -> str:
    """The directives with which an nginx location proxies to ``upstream``."""
    text = templates("deploy", "proxy.conf.j2").read_text(encoding="utf-8")
    return text.replace("{{ upstream }}", upstream).rstrip()


def write(deployment: Deployment, folder: Path) -> list[Path]:
    """Write the files into ``folder``, each by an atomic rename.

    Raises:
        SettingsInvalid: the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files(deployment).items():
            write_atomic(folder / name, [content.encode()], durable=False)
            written.append(folder / name)
    except OSError as error:
        raise SettingsInvalid(setting="into", reason=system_reason(error)) from None
    return written
