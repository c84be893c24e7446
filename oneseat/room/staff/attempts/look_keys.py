"""Gives the key of a look that is one audit entry and shows much: the wall, or an attempt that is followed.

The key is a MAC over the login's token, the time, and what is looked at. Whoever copies it into another
login, or keeps it for longer than a session lasts, gets nothing by it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from oneseat.room.refusals.wall import WallLookMissing
from oneseat.room.staff.visits import StaffVisit

LIFE = timedelta(hours=12)
_MAC_CHARACTERS = 32
WALL = "wall"


def key_of(visited: StaffVisit, about: str = WALL) -> str:
    """The key of a look that begins now, after its entry in the audit log."""
    opened = int(visited.now.timestamp())
    return f"{opened}.{_mac(visited, about, opened)}"


def check(visited: StaffVisit, key: str) -> None:
    """Verify the key that a picture's address brings.

    Raises:
        WallLookMissing: it is of another login, too old, or none.
    """
    if opened_at(visited, key) is None:
        raise WallLookMissing


def opened_at(visited: StaffVisit, key: str, about: str = WALL) -> datetime | None:
    """When a key's look began; None for a key of another login or another look, an old one, or none."""
    text, _, mac = key.partition(".")
    opened = int(text) if text.isascii() and text.isdigit() and len(text) < _MAC_CHARACTERS else 0
    age_s = visited.now.timestamp() - opened
    genuine = hmac.compare_digest(mac.encode(), _mac(visited, about, opened).encode())
    if not genuine or not 0 <= age_s + 1 <= LIFE.total_seconds():
        return None
    return datetime.fromtimestamp(opened, UTC)


def _mac(visited: StaffVisit, about: str, opened: int) -> str:
    login = hashlib.sha256(visited.token.encode()).digest()
    message = b"oneseat/look/v1/" + login + f"{about}/{opened}".encode()
    return hmac.new(visited.room.secret, message, hashlib.sha256).hexdigest()[:_MAC_CHARACTERS]
