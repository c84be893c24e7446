"""Trait hashes of active devices, and requests to free a seat that two operators decide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column (without a default, so that no row is rewritten) and the table."""
    op.add_column("activations", sa.Column("traits", sa.Text, nullable=True))
    op.create_table(
        "rebind_requests",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_rebind_requests"),
    )
    op.create_index("ix_rebind_requests_jti", "rebind_requests", ["jti"])
