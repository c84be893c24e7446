"""Salts of requests about personal data, so that the audit log can hold digests of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the column. Requests of before have no salt, and no digest in the log."""
    op.add_column("room_personal_requests", sa.Column("salt", sa.String(32), nullable=True))
