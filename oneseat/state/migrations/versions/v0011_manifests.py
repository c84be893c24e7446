"""The log of published batches: lines, tree tiles, signed heads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_EXAM = sa.String(64)


def upgrade() -> None:
    """Create the three tables. Releases from before have no batch until the next ``publish``."""
    op.create_table(
        "manifest_lines",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("seat", sa.String(32), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("licence_sha256", sa.LargeBinary(32)),
        sa.Column("sha256", sa.LargeBinary(32)),
        sa.Column("size", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", "position", name="pk_manifest_lines"),
    )
    op.create_index("ix_manifest_lines_exam_jti_position", "manifest_lines", ["exam", "jti", "position"])
    op.create_table(
        "manifest_tiles",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("exam", "level", "number", name="pk_manifest_tiles"),
    )
    op.create_table(
        "manifest_heads",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("release_id", sa.Integer, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("sbom", sa.Text, nullable=False),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "batch", name="pk_manifest_heads"),
    )
