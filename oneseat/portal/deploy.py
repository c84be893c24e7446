"""Renders the nginx and systemd files of a portal's deployment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from oneseat.files.resources import how_to
from oneseat.portal.refusals.start import (
    AuthorityRingRefused,
    RehearsalRefused,
    SettingsInvalid,
)
from oneseat.web.deployment import Host, PlainPath, Port, proxy_directives, render, write_files
from oneseat.web.refusals import AddressInUse
from oneseat.web.serving import GRACEFUL_STOP_S
from oneseat.web.setting_checks import validated

_FINAL = (SettingsInvalid, AuthorityRingRefused, RehearsalRefused, AddressInUse)
"""Refusals to start that a restart does not repair."""


class Deployment(Host):
    """The layout of the portal's host. ``settings`` is the portal's settings file.

    ``writable`` are the folders with state in SQLite.
    """

    settings: PlainPath = "/etc/oneseat/portal.toml"
    ports: tuple[Port, ...] = Field(default=(8765, 8766), min_length=1)


def checked_deployment(**values: object) -> Deployment:
    """Validate ``values`` as a deployment.

    Raises:
        SettingsInvalid: a value is not usable; the first such is named, without its value.
    """
    return validated(Deployment, values, SettingsInvalid)


def files(deployment: Deployment) -> dict[str, str]:
    """Render the files; their contents by name."""
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
    return render({name: f"{name}.j2" for name in names}, facts)


def write(deployment: Deployment, folder: Path) -> list[Path]:
    """Write the files into ``folder``, each by an atomic rename.

    Raises:
        SettingsInvalid: the folder cannot be written.
    """
    return write_files(files(deployment), folder, SettingsInvalid)
