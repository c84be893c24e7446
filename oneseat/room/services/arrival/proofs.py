"""Verifies a client's proof: a device signature with a time, which is accepted once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.entry import EntryIncomplete, EntryProofInvalid, ProofSpent, ProofStale
from oneseat.state.room import proofs
from signing import jws
from signing.refusals import SignatureInvalid, TokenMalformed

LIFETIME_S = 120
"""The greatest age of a proof. Half of it is allowed into the future, since clocks differ."""


def whole_seconds(text: str) -> int:
    """The time of a proof, in seconds since 1970, as a form gives it.

    Raises:
        EntryIncomplete: it is no such number.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise EntryIncomplete
    return int(text)


def verify(message: bytes, proof: str, device_key: bytes, at: int, now: datetime) -> None:
    """Verify a proof and its age; :func:`spend` it afterwards.

    Raises:
        ProofStale: its time is too long ago, or ahead.
        EntryProofInvalid: it is not this device's signature over this message.
    """
    if not -LIFETIME_S / 2 < now.timestamp() - at <= LIFETIME_S:
        raise ProofStale
    try:
        jws.verify_bytes(message, jws.b64url_decode(proof), device_key)
    except (TokenMalformed, SignatureInvalid):
        raise EntryProofInvalid from None


def spend(room: ServedRoom, connection: Connection, proof: str, at: int) -> None:
    """Record that a verified proof was used.

    Raises:
        ProofSpent: it was used before.
    """
    if not spend_all(room, connection, {proof: at}):
        raise ProofSpent


def spend_all(room: ServedRoom, connection: Connection, given: Mapping[str, int]) -> frozenset[str]:
    """Record that verified proofs were used, with their times; return those that were not used before."""
    zone = room.clock.now().tzinfo
    by_hash = {hashlib.sha256(proof.encode()).digest(): proof for proof in given}
    ends = {
        digest: datetime.fromtimestamp(given[proof], zone) + timedelta(seconds=LIFETIME_S)
        for digest, proof in by_hash.items()
    }
    return frozenset(by_hash[digest] for digest in proofs.spend_all(connection, room.exam, ends))
