"""Papers of the exam room: processes that wait for keys, messages to them, keys from the start on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create three tables, and note in each attempt which variant of its paper it was given."""
    op.add_column("room_attempts", sa.Column("paper_variant", sa.String(16)))
    op.create_table(
        "room_paper_processes",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("process", sa.String(32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(32), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("papers", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("exam", "process", name="pk_room_paper_processes"),
    )
    op.create_table(
        "room_paper_messages",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("process", sa.String(32), nullable=False),
        sa.Column("paper", sa.LargeBinary(32), nullable=False),
        sa.Column("sender", sa.String(32), nullable=False),
        sa.Column("sender_name", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "process", "paper", "sender", name="pk_room_paper_messages"),
    )
    op.create_table(
        "room_paper_keys",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("paper", sa.LargeBinary(32), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("holders", sa.Text, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "paper", name="pk_room_paper_keys"),
    )
