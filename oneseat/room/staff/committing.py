"""Computes the digest by which an act's entry in the audit log vouches for what the act has written."""

from __future__ import annotations

from sqlalchemy import Connection, select

from oneseat.room.rules.commitments import Written
from oneseat.room.rules.plain_values import plain
from oneseat.state.tables.metadata import whole_metadata


def digest_of(connection: Connection, written: Written, number: int) -> str:
    """The digest of a row as it was stored, read in the transaction that has written it."""
    table = whole_metadata().tables[written.table]
    row = connection.execute(select(table).where(table.c.id == number)).one()
    return written.digest({name: plain(value) for name, value in row._mapping.items()})  # noqa: SLF001 -- public
