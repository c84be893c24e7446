"""Ended login sessions of seats, and forgotten browsers of operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table and the column (with a constant default, so that no row is rewritten)."""
    op.create_table(
        "session_epochs",
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_session_epochs"),
    )
    op.add_column("operators", sa.Column("browser_epoch", sa.Integer, nullable=False, server_default="0"))
