"""Trait hashes of active devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column, without a default, so that no row is rewritten."""
    op.add_column("activations", sa.Column("traits", sa.Text, nullable=True))
