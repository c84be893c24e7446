"""The guard: events of the client's watch over a session, and the state of its chain in the attempt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Create the table of events, and add to attempts the head of its chain and what is seen now."""
    op.create_table(
        "room_guard_events",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("attempt", "sequence", name="pk_room_guard_events"),
    )
    op.add_column("room_attempts", sa.Column("guard_sequence", sa.Integer))
    op.add_column("room_attempts", sa.Column("guard_head", sa.LargeBinary(32)))
    op.add_column("room_attempts", sa.Column("guard_present", sa.Text))
