"""The group for which a measure was drafted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the column."""
    op.add_column("room_measures", sa.Column("group_number", sa.Integer))
