"""Help in the exam room: requests on their way to the portal, and permissions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the two tables. A partial index holds the requests that are still to be followed."""
    _requests()
    _permissions()


def _requests() -> None:
    op.create_table(
        "room_help_requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("number", sa.String(16)),
        sa.Column("status", sa.String(16)),
        sa.Column("stage", sa.String(16)),
        sa.Column("sealed_state", sa.LargeBinary),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("refusal", sa.String(8)),
        sa.PrimaryKeyConstraint("id", name="pk_room_help_requests"),
    )
    op.create_index(
        "ix_room_help_requests_due",
        "room_help_requests",
        ["exam", "next_try_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    columns = ["exam", "attempt", "received_at"]
    op.create_index("ix_room_help_requests_attempt", "room_help_requests", columns)


def _permissions() -> None:
    op.create_table(
        "room_permissions",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("opener", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("begins_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("ended_by", sa.String(16)),
        sa.Column("help_number", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_room_permissions"),
    )
    op.create_index("ix_room_permissions_attempt", "room_permissions", ["exam", "attempt", "id"])
