"""What invigilators do: reminders, notes, marks, endings by two; and an attempt's unread reminder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables, and add to attempts the reminder that its page shows."""
    op.create_table(
        "room_reminders",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("shown_at", sa.BigInteger),
        sa.Column("read_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_room_reminders"),
    )
    op.create_table(
        "room_notes",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_notes"),
    )
    op.create_table(
        "room_marks",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("clause", sa.String(16), nullable=False),
        sa.Column("begins_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("withdrawn_by", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_room_marks"),
    )
    op.create_table(
        "room_endings",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("requested_by", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("outcome", sa.String(12)),
        sa.Column("reopened_at", sa.BigInteger),
        sa.Column("reopened_by", sa.String(32)),
        sa.Column("reopening", sa.Text),
        sa.Column("receipt", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_room_endings"),
    )
    for table in ("room_reminders", "room_notes", "room_marks", "room_endings"):
        op.create_index(f"ix_{table}_attempt", table, ["exam", "attempt", "id"])
    op.add_column("room_attempts", sa.Column("reminder", sa.Text))
    op.add_column("room_attempts", sa.Column("permitted_until", sa.BigInteger))
