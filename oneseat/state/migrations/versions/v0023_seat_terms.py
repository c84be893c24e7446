"""What a roster gives a seat besides its licence, and the room's own copy of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Create the two tables. Extra time and adjustments are encrypted."""
    op.create_table(
        "seat_terms",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("admission_number", sa.String(64), nullable=False),
        sa.Column("session", sa.Integer),
        sa.Column("paper", sa.String(16)),
        sa.Column("sealed_extra", sa.LargeBinary),
        sa.Column("sealed_adjustments", sa.LargeBinary),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "admission_number", name="pk_seat_terms"),
    )
    op.create_table(
        "room_seats",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("session", sa.Integer),
        sa.Column("paper", sa.String(16)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "jti", name="pk_room_seats"),
    )
