"""Drafts of measures in the room, which are an outbox too; announcements, and who has seen both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "room_measures",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("drafted_at", sa.BigInteger, nullable=False),
        sa.Column("drafted_by", sa.String(32), nullable=False),
        sa.Column("drafted_name", sa.String(100), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("seats", sa.Text, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("settled_by", sa.String(32)),
        sa.Column("settled_name", sa.String(100)),
        sa.Column("number", sa.Integer),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("refusal", sa.String(8)),
        sa.PrimaryKeyConstraint("id", name="pk_room_measures"),
    )
    op.create_index("ix_room_measures_drafted", "room_measures", ["exam", "drafted_at"])
    op.create_index("ix_room_measures_due", "room_measures", ["exam", "number"])
    op.create_table(
        "room_announcements",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8)),
        sa.Column("session", sa.Integer),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("group_number", sa.Integer),
        sa.Column("attempts", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("exam", "number", name="pk_room_announcements"),
    )
    op.create_table(
        "room_bulletins",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("bulletin", sa.String(16), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("shown_at", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("attempt", "bulletin", name="pk_room_bulletins"),
    )
    op.create_index("ix_room_bulletins_name", "room_bulletins", ["exam", "bulletin"])
