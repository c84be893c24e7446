"""The service desk: help requests, their events, and incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the three tables. Partial indexes hold open rows only, so they stay small."""
    _requests()
    _events()
    _incidents()


def _requests() -> None:
    op.create_table(
        "help_requests",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("door", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("admission_number", sa.String(64)),
        sa.Column("jti", sa.String(32)),
        sa.Column("sealed_details", sa.LargeBinary, nullable=False),
        sa.Column("callback_tag", sa.LargeBinary(32)),
        sa.Column("address_tag", sa.LargeBinary(32)),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("order_at", sa.BigInteger, nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("operator", sa.String(32)),
        sa.Column("touched_at", sa.BigInteger, nullable=False),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("missed_calls", sa.Integer, nullable=False),
        sa.Column("reached_at", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_help_requests"),
    )
    op.create_index("uq_help_requests_number", "help_requests", ["exam", "number"], unique=True)
    op.create_index(
        "uq_help_requests_open_seat",
        "help_requests",
        ["exam", "admission_number"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    _index_open("help_requests", "exam", "urgency", "id")
    op.create_index("ix_help_requests_seat", "help_requests", ["exam", "admission_number", "id"])
    op.create_index("ix_help_requests_callback", "help_requests", ["exam", "callback_tag", "submitted_at"])
    op.create_index("ix_help_requests_address", "help_requests", ["exam", "address_tag", "submitted_at"])
    op.create_index("ix_help_requests_reached", "help_requests", ["exam", "reached_at"])
    op.create_index("ix_help_requests_closed", "help_requests", ["exam", "closed_at"])


def _events() -> None:
    op.create_table(
        "help_events",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("request_id", _SERIAL, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("called_from", sa.String(32)),
        sa.Column("sealed_words", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_help_events"),
    )
    op.create_index("ix_help_events_request", "help_events", ["exam", "request_id", "id"])


def _incidents() -> None:
    op.create_table(
        "help_incidents",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_help_incidents"),
    )
    _index_open("help_incidents", "exam", "id")


def _index_open(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_open", table, list(columns), sqlite_where=_OPEN, postgresql_where=_OPEN)
