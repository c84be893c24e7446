"""The tables of operators: accounts, sessions, and changes made at the desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_EXAM = sa.String(64)
_JTI = sa.String(32)
_NUMBER = sa.String(64)
_NAME = sa.String(32)


def upgrade() -> None:
    """Create the desk's tables."""
    op.create_table(
        "operators",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("sealed_totp", sa.LargeBinary),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_login_at", sa.BigInteger),
        sa.Column("disabled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", "name", name="pk_operators"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("token_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_desk_sessions"),
    )
    _what_operators_change()


def _what_operators_change() -> None:
    op.create_table(
        "retired_devices",
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("activated_at", sa.BigInteger, nullable=False),
        sa.Column("retired_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("jti", "device_key", name="pk_retired_devices"),
    )
    op.create_table(
        "reissues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("admission_number", _NUMBER, nullable=False),
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_reissues"),
    )
    op.create_index("ix_reissues_exam_admission_number", "reissues", ["exam", "admission_number"])
    op.create_table(
        "allowances",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("admission_number", _NUMBER, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("granted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "admission_number", name="pk_allowances"),
    )
    op.create_table(
        "maintenance",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("back_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", name="pk_maintenance"),
    )
