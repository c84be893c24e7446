"""Which incidents of the room the portal has, and when they are sent next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("room_incidents", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("room_incidents", sa.Column("next_try_at", sa.BigInteger))
    op.add_column("room_incidents", sa.Column("sent_at", sa.BigInteger))
    op.add_column("room_incidents", sa.Column("refusal", sa.String(8)))
