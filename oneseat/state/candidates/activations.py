"""One active device per seat, however many ask at the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import DeviceRetired, SeatTaken
from oneseat.state.tables.activation import Activation, RetiredDevice


@dataclass(frozen=True)
class Active:
    """A seat's activation: the device's Ed25519 public key and the token that was given for it."""

    jti: str
    device_key: bytes
    token: str
    at: datetime


def find(connection: Connection, jti: str) -> Active | None:
    """The seat's activation, if a device holds it."""
    row = connection.execute(_of(jti)).first()
    return row and Active(*row)


def claim(connection: Connection, exam: str, jti: str, device_key: bytes, token: str, at: datetime) -> Active:
    """Take the seat for a device, or get the activation that the same device already has.

    The primary key decides: of any number of simultaneous claims, in any number of
    processes, one row goes in. Answer the device only after the transaction committed,
    and with the activation that is returned here, not with the one offered.

    Raises:
        SeatTaken: another device holds the seat.
        DeviceRetired: the seat was moved away from this device.
    """
    offered = {"jti": jti, "exam": exam, "device_key": device_key, "token": token, "at": at}
    winner = None
    while winner is None:
        connection.execute(insert_or_ignore(connection, Activation, ["jti"]), offered)
        # Gone again when the seat was moved in between, on a database that lets both run at once.
        winner = find(connection, jti)
    # Looked at after the row is ours: a move that came first has committed by now, and is seen.
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
