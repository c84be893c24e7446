"""Groups of attempts with their invigilators, and the log of watches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables. Attempts from before have no group: those who lead see them."""
    op.create_table(
        "room_groups",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("first", sa.String(32)),
        sa.Column("second", sa.String(32)),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("unwatched_since", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", "kind", "session", "number", name="pk_room_groups"),
    )
    op.create_table(
        "room_group_attempts",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("attempt", name="pk_room_group_attempts"),
    )
    op.create_index(
        "ix_room_group_attempts_group", "room_group_attempts", ["exam", "kind", "session", "number"]
    )
    op.create_table(
        "room_watches",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_watches"),
    )
    op.create_index("ix_room_watches_group", "room_watches", ["exam", "kind", "session", "number", "seen_at"])
