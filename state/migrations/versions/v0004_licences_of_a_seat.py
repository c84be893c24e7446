"""All licences of one seat are found without reading the table."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_licences_exam_admission_number", "licences", ["exam", "admission_number"])
