"""What a room keeps and erases: holds on seats, and the journal of erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "room_holds",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", sa.String(80), nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("released_by", sa.String(80)),
        sa.Column("released_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_room_holds"),
    )
    op.create_index("ix_room_holds_jti", "room_holds", ["exam", "jti"])
    op.create_table(
        "room_erasures",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("retention", sa.String(16), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("objects", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("names", sa.LargeBinary(32), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("certificate", sa.String(64)),
        sa.PrimaryKeyConstraint("attempt", "retention", name="pk_room_erasures"),
    )
    op.create_index("ix_room_erasures_certificate", "room_erasures", ["exam", "certificate"])
