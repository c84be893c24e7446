"""Spent proofs: each device signature is accepted once, whichever process of the room gets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomProofRow


def spend_all(connection: Connection, exam: str, given: Mapping[bytes, datetime]) -> set[bytes]:
    """Record that proofs (SHA-256) were used; return those that were not before. The primary key decides.

    The times are those at which the proofs are too old by themselves; afterwards :func:`sweep` may forget
    them. They are recorded in one order, so that two processes never wait for each other.
    """
    if not given:
        return set()
    statement = insert_or_ignore(connection, RoomProofRow, ["exam", "proof_hash"])
    rows = [{"exam": exam, "proof_hash": digest, "until": given[digest]} for digest in sorted(given)]
    return set(connection.scalars(statement.returning(RoomProofRow.proof_hash), rows))


def sweep(connection: Connection, exam: str, now: datetime, limit: int) -> int:
    """Delete proofs that are too old to be used, at most ``limit``; return how many."""
    old = (
        select(RoomProofRow.proof_hash)
        .where(RoomProofRow.exam == exam, RoomProofRow.until < now)
        .limit(limit)
    )
    statement = delete(RoomProofRow).where(RoomProofRow.exam == exam, RoomProofRow.proof_hash.in_(old))
    return connection.execute(statement).rowcount
