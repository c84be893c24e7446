"""Incidents of the room, what they are counted from, and where their texts are shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_UNCLOSED = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the tables, and add the columns."""
    op.create_table(
        "room_symptoms",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(48), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "cause", "attempt", name="pk_room_symptoms"),
    )
    op.create_index("ix_room_symptoms_last", "room_symptoms", ["exam", "last_at"])
    op.create_table(
        "room_incidents",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cause", sa.String(48), nullable=False),
        sa.Column("build", sa.String(128)),
        sa.Column("proposed_at", sa.BigInteger, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger),
        sa.Column("opened_by", sa.String(32)),
        sa.Column("zh", sa.Text),
        sa.Column("en", sa.Text),
        sa.Column("announcement", sa.Integer),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_by", sa.String(32)),
        sa.Column("closed_reason", sa.String(16)),
        sa.PrimaryKeyConstraint("exam", "number", name="pk_room_incidents"),
    )
    op.create_index(
        "uq_room_incidents_cause",
        "room_incidents",
        ["exam", "cause"],
        unique=True,
        sqlite_where=_UNCLOSED,
        postgresql_where=_UNCLOSED,
    )
    op.add_column("room_announcements", sa.Column("incident", sa.Integer))
    op.add_column("room_announcements", sa.Column("ended_at", sa.BigInteger))
    op.add_column("help_incidents", sa.Column("room_number", sa.Integer))
    op.create_index("uq_help_incidents_room", "help_incidents", ["exam", "room_number"], unique=True)
