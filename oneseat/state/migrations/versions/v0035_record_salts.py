"""Salts of what people write about attempts, so that the audit log can hold digests of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

_TABLES = (
    "room_notes",
    "room_marks",
    "room_reminders",
    "room_endings",
    "room_reviews",
    "room_judgement_steps",
    "room_identity_decisions",
)


def upgrade() -> None:
    """Add the columns. Records of before have no salt, and no digest in the log."""
    for table in _TABLES:
        op.add_column(table, sa.Column("salt", sa.String(32), nullable=True))
