"""Activations: one device per seat, decided by the primary key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.errors import DeviceRetired, SeatTaken
from oneseat.state.tables.activation import Activation, RetiredDevice


@dataclass(frozen=True)
class ActiveDevice:
    """A seat's activation: the device's Ed25519 public key and the token issued for it.

    ``traits_json`` holds the peppered hashes of the computer's traits, as :func:`claim` stored them.
    """

    jti: str
    device_key: bytes
    token: str
    at: datetime
    traits_json: str | None = field(default=None, repr=False)

    @property
    def traits(self) -> Mapping[str, str]:
        """The hashes by the trait's name; empty where none were recorded."""
        return dict(json.loads(self.traits_json)) if self.traits_json else {}


def find(connection: Connection, jti: str) -> ActiveDevice | None:
    """Return the seat's activation, or None."""
    row = connection.execute(_of(jti)).first()
    return row and ActiveDevice(*row)


def lock(connection: Connection, jti: str) -> ActiveDevice | None:
    """Return the seat's activation, and lock its row until the transaction ends."""
    row = connection.execute(_of(jti).with_for_update()).first()
    return row and ActiveDevice(*row)


def claim(
    connection: Connection,
    exam: str,
    jti: str,
    device_key: bytes,
    token: str,
    at: datetime,
    *,
    traits: Mapping[str, str] | None = None,
) -> ActiveDevice:
    """Activate the seat for a device, or return the activation that the device already has.

    The primary key lets one of several simultaneous claims insert its row. Reply to the device
    only after the commit, and with the activation returned here, which may not be the one offered.
    ``traits`` are recorded; the device that holds the seat may replace them, and without any they stay.

    Raises:
        SeatTaken: another device holds the seat.
        DeviceRetired: the seat was moved away from this device.
    """
    written = json.dumps(dict(traits), sort_keys=True, separators=(",", ":")) if traits else None
    offered = {
        "jti": jti,
        "exam": exam,
        "device_key": device_key,
        "token": token,
        "at": at,
        "traits": written,
    }
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
    if written is not None and winner.traits_json != written:
        connection.execute(update(Activation).where(Activation.jti == jti).values(traits=written))
    return winner


def is_retired(connection: Connection, jti: str, device_key: bytes) -> bool:
    """Whether the seat was moved away from this device."""
    retired = select(RetiredDevice.jti).where(
        RetiredDevice.jti == jti, RetiredDevice.device_key == device_key
    )
    return connection.scalar(retired) is not None


def _of(jti: str) -> Select[str, bytes, str, datetime, str | None]:
    columns = (Activation.jti, Activation.device_key, Activation.token, Activation.at, Activation.traits)
    return select(*columns).where(Activation.jti == jti)
