"""The tables of device check-ins and of failed identity checks by idempotency key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "check_ins",
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("build", sa.String(128), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_check_ins"),
    )
    op.create_table(
        "failed_calls",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_failed_calls"),
    )
    op.create_index("ix_failed_calls_at", "failed_calls", ["at"])
