"""How far a candidate's recordings are uploaded, and signed orders that change sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the columns, without defaults, so that no row is rewritten, and the table."""
    for name in ("upload_left_bytes", "upload_until", "upload_reported_at", "completed_at"):
        op.add_column("attendance", sa.Column(name, sa.BigInteger, nullable=True))
    op.create_table(
        "exam_orders",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "number", name="pk_exam_orders"),
    )
    _create_admissions()


def _create_admissions() -> None:
    op.create_table(
        "room_admission_switches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("is_on", sa.Integer, nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("second_name", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_admission_switches"),
    )
    op.create_index("ix_room_admission_switches_exam", "room_admission_switches", ["exam", "id"])
    op.create_table(
        "room_admissions",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("activated_at", sa.BigInteger, nullable=False),
        sa.Column("activation", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("ticket", sa.Text, nullable=True),
        sa.Column("reconciled_at", sa.BigInteger, nullable=True),
        sa.Column("refusal", sa.String(8), nullable=True),
        sa.PrimaryKeyConstraint("exam", "jti", "kind", "session", name="pk_room_admissions"),
    )
    op.create_index("ix_room_admissions_due", "room_admissions", ["exam", "next_try_at"])
