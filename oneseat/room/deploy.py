"""Renders the nginx and systemd files of a room's deployment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from oneseat.files.resources import how_to
from oneseat.room.http.request_policy import IDENTITY_PATH, MAX_CALL_BYTES, MAX_IDENTITY_BYTES
from oneseat.room.refusals.papers import PapersFaulty
from oneseat.room.refusals.start import ReceiptKeyUnlisted, RoomRehearsalRefused, RoomSettingsInvalid
from oneseat.room.rules.segments import MAX_SEGMENT_BYTES
from oneseat.room.serve import GRACEFUL_STOP_S
from oneseat.web.deployment import Host, PlainPath, Port, proxy_directives, render, write_files
from oneseat.web.refusals import AddressInUse
from oneseat.web.setting_checks import validated

_FINAL = (RoomSettingsInvalid, PapersFaulty, ReceiptKeyUnlisted, RoomRehearsalRefused, AddressInUse)
"""Refusals to start that a restart does not repair."""


class RoomDeployment(Host):
    """The layout of the room's host.

    ``environment`` is a file with ``ONESEAT_...`` settings, ``papers`` the folder of the papers, ``keys`` the
    room's own ring, ``token`` the file with its service token. ``writable`` are the folders with recordings
    and with state in SQLite.
    """

    environment: PlainPath = "/etc/oneseat/room.env"
    papers: PlainPath = "/etc/oneseat/papers"
    keys: PlainPath = "/etc/oneseat/room-keys"
    token: PlainPath = "/etc/oneseat/room.token"  # noqa: S105 -- a path
    ports: tuple[Port, ...] = Field(default=(8767, 8768), min_length=1)


def checked_deployment(**values: object) -> RoomDeployment:
    """Validate ``values`` as a deployment.

    Raises:
        RoomSettingsInvalid: a value is not usable; the first such is named, without its value.
    """
    return validated(RoomDeployment, values, RoomSettingsInvalid)


def files(deployment: RoomDeployment) -> dict[str, str]:
    """Render the files; their contents by name."""
    facts = {
        **deployment.model_dump(),
        "proxy": proxy_directives("oneseat_room"),
        "documentation": how_to("deploy-the-room.md"),
        "folder": str(Path(deployment.environment).parent),
        "final_statuses": sorted({error.exit_status for error in _FINAL}),
        "graceful_stop_s": GRACEFUL_STOP_S,
        "call_kib": MAX_CALL_BYTES // 1024,
        "identity_path": IDENTITY_PATH,
        "identity_kib": MAX_IDENTITY_BYTES // 1024,
        "segment_mib": MAX_SEGMENT_BYTES >> 20,
    }
    names = {
        "oneseat-room.conf": "room-nginx.conf.j2",
        "oneseat-room@.service": "oneseat-room@.service.j2",
        "oneseat-room.target": "oneseat-room.target.j2",
    }
    return render(names, facts)


def write(deployment: RoomDeployment, folder: Path) -> list[Path]:
    """Write the files into ``folder``, each by an atomic rename.

    Raises:
        RoomSettingsInvalid: the folder cannot be written.
    """
    return write_files(files(deployment), folder, RoomSettingsInvalid)
