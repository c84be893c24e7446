"""Pictures of help requests, encrypted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the table. Its unique index also finds the pictures of a request."""
    op.create_table(
        "help_pictures",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("request_id", _SERIAL, nullable=False),
        sa.Column("tag", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_help_pictures"),
    )
    op.create_index("uq_help_pictures_tag", "help_pictures", ["exam", "request_id", "tag"], unique=True)
