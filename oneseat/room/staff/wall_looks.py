"""Gives a page of the wall the key of its pictures, so that no picture is seen without an audit entry.

The key is a MAC over the login's token and the time: whoever copies a picture's address into another login,
or keeps it for longer than a session lasts, gets nothing by it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from oneseat.room.refusals.wall import WallLookMissing
from oneseat.room.staff.visits import StaffVisit

LIFE = timedelta(hours=12)
_MAC_CHARACTERS = 32


def key_of(visited: StaffVisit) -> str:
    """The key of a page that is opened now, after its entry in the audit log."""
    opened = int(visited.now.timestamp())
    return f"{opened}.{_mac(visited, opened)}"


def check(visited: StaffVisit, key: str) -> None:
    """Verify the key that a picture's address brings.

    Raises:
        WallLookMissing: it is of another login, too old, or none.
    """
    text, _, mac = key.partition(".")
    opened = int(text) if text.isascii() and text.isdigit() and len(text) < _MAC_CHARACTERS else 0
    age_s = visited.now.timestamp() - opened
    genuine = hmac.compare_digest(mac.encode(), _mac(visited, opened).encode())
    if not genuine or not 0 <= age_s + 1 <= LIFE.total_seconds():
        raise WallLookMissing


def _mac(visited: StaffVisit, opened: int) -> str:
    login = hashlib.sha256(visited.token.encode()).digest()
    message = b"oneseat/wall-look/v1/" + login + str(opened).encode()
    return hmac.new(visited.room.secret, message, hashlib.sha256).hexdigest()[:_MAC_CHARACTERS]
