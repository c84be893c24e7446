"""The session that a repeat gives its seats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Add the column."""
    op.add_column("room_measures", sa.Column("target", sa.Integer))
