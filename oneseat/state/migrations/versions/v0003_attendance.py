"""The tables of attendance and of service tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_EXAM = sa.String(64)


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "attendance",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("admission_number", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("first_ticket_at", sa.BigInteger, nullable=False),
        sa.Column("last_ticket_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", "admission_number", "slot", name="pk_attendance"),
    )
    op.create_table(
        "service_tokens",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(255), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_service_tokens"),
    )
