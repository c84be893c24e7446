"""Spent proofs: each device signature is accepted once, whichever process of the room gets it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomProofRow


def spend(connection: Connection, exam: str, proof_hash: bytes, until: datetime) -> bool:
    """Record that a proof was used; False if it was before. The primary key decides.

    ``until`` is when it is too old by its own time; afterwards :func:`sweep` may forget it.
    """
    statement = insert_or_ignore(connection, RoomProofRow, ["exam", "proof_hash"])
    row = {"exam": exam, "proof_hash": proof_hash, "until": until}
    return connection.scalar(statement.returning(RoomProofRow.exam), row) is not None


def sweep(connection: Connection, exam: str, now: datetime, limit: int) -> int:
    """Delete proofs that are too old to be used, at most ``limit``; return how many."""
    old = (
        select(RoomProofRow.proof_hash)
        .where(RoomProofRow.exam == exam, RoomProofRow.until < now)
        .limit(limit)
    )
    statement = delete(RoomProofRow).where(RoomProofRow.exam == exam, RoomProofRow.proof_hash.in_(old))
    return connection.execute(statement).rowcount
