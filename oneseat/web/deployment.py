"""Renders the nginx and systemd files of a server from ``templates/deploy``.

nginx and systemd each have their own quoting, so only values that need no quoting are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, field_validator

from oneseat.files.atomic import write_atomic
from oneseat.files.resources import templates
from oneseat.web.setting_checks import HostName, SettingRefusal
from signing.os_faults import system_reason
from signing.text import Text

Port = Annotated[int, Field(ge=1, le=65535)]
PlainPath = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._/+-]*$", max_length=255)]
"""An absolute path without characters that are special to nginx or systemd."""
Account = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]


class Host(BaseModel):
    """The layout of a server's host: names, paths, ports and accounts.

    ``ports`` are the processes, on loopback, one port each. ``program`` is the ``oneseat`` command,
    ``writable`` the folders that systemd exempts from the service's read-only file system.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host_names: tuple[HostName, ...] = Field(min_length=1)
    certificate: PlainPath
    certificate_key: PlainPath
    program: PlainPath
    ports: tuple[Port, ...] = Field(min_length=1)
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


def render(names: Mapping[str, str], facts: Mapping[str, object]) -> dict[str, str]:
    """Render templates of ``templates/deploy``; ``names`` gives each file's template. Contents by file."""
    environment = Environment(
        loader=FileSystemLoader(templates("deploy")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- configuration, not pages; the model lets nothing through that needs it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return {name: environment.get_template(template).render(facts) for name, template in names.items()}


def proxy_directives(upstream: str) -> str:
    """The directives with which an nginx location proxies to ``upstream``."""
    text = templates("deploy", "proxy.conf.j2").read_text(encoding="utf-8")
    return text.replace("{{ upstream }}", upstream).rstrip()


def write_files(contents: Mapping[str, str], folder: Path, refusal: SettingRefusal) -> list[Path]:
    """Write files into ``folder``, each by an atomic rename.

    Raises:
        OneSeatError: the folder cannot be written: ``refusal``, of the setting ``into``.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            write_atomic(folder / name, [content.encode()], durable=False)
            written.append(folder / name)
    except OSError as error:
        raise refusal(setting="into", reason=system_reason(error)) from None
    return written
