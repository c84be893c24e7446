"""Activations: one device per seat, decided by the primary key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import DeviceRetired, SeatTaken
from oneseat.state.tables.activation import Activation, RetiredDevice


@dataclass(frozen=True)
class ActiveDevice:
    """A seat's activation: the device's Ed25519 public key and the token issued for it."""

    jti: str
    device_key: bytes
    token: str
    at: datetime


def find(connection: Connection, jti: str) -> ActiveDevice | None:
    """Return the seat's activation, or None."""
    row = connection.execute(_of(jti)).first()
    return row and ActiveDevice(*row)


def claim(
    connection: Connection, exam: str, jti: str, device_key: bytes, token: str, at: datetime
) -> ActiveDevice:
    """Activate the seat for a device, or return the activation that the device already has.

    The primary key lets one of several simultaneous claims insert its row. Reply to the device
    only after the commit, and with the activation returned here, which may not be the one offered.

    Raises:
        SeatTaken: another device holds the seat.
        DeviceRetired: the seat was moved away from this device.
    """
    offered = {"jti": jti, "exam": exam, "device_key": device_key, "token": token, "at": at}
    winner = None
    while winner is None:
        connection.execute(insert_or_ignore(connection, Activation, ["jti"]), offered)
        # On PostgreSQL a concurrent move may delete the row in between: insert again.
        winner = find(connection, jti)
    # Checked after the row is locked: an earlier move has committed by now and is visible.
    if is_retired(connection, jti, device_key):
        raise DeviceRetired
    if winner.device_key != device_key:
        raise SeatTaken
    return winner


def is_retired(connection: Connection, jti: str, device_key: bytes) -> bool:
    """Whether the seat was moved away from this device."""
    retired = select(RetiredDevice.jti).where(
        RetiredDevice.jti == jti, RetiredDevice.device_key == device_key
    )
    return connection.scalar(retired) is not None


def _of(jti: str) -> Select[str, bytes, str, datetime]:
    return select(Activation.jti, Activation.device_key, Activation.token, Activation.at).where(
        Activation.jti == jti
    )
