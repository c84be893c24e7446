"""An index that finds all licences of a seat."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


CONCURRENT_INDEXES = [("ix_licences_exam_admission_number", "licences", "exam, admission_number")]


def upgrade() -> None:
    """Add the index, unless it was built beforehand."""
    op.create_index(
        "ix_licences_exam_admission_number", "licences", ["exam", "admission_number"], if_not_exists=True
    )
