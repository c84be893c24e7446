"""The journal of issue runs: chunks, faults, and the owner process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0005"

_CHUNK_COUNTS = ("rows", "added", "refreshed", "reissued", "unchanged", "faulty", "mended")


def upgrade() -> None:
    """Add the columns (with constant defaults, so that no row is rewritten) and both tables."""
    for name in ("faulty", "mended"):
        op.add_column("batches", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("batches", sa.Column("owner", sa.String(32), nullable=True))
    op.add_column("batches", sa.Column("retry_of", sa.Integer, nullable=True))
    op.create_table(
        "batch_chunks",
        sa.Column("batch_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("chunk", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _CHUNK_COUNTS),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("done_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "chunk", name="pk_batch_chunks"),
    )
    op.create_table(
        "batch_faults",
        sa.Column("batch_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("row", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "row", name="pk_batch_faults"),
    )
