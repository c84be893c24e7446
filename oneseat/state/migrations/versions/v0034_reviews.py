"""Reviews of attempts after a session, the steps of judgements, and requests about personal data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "room_reviews",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("finding", sa.String(16), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_reviews"),
    )
    op.create_index("ix_room_reviews_attempt", "room_reviews", ["exam", "attempt", "id"])
    op.create_table(
        "room_judgement_steps",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("judgement", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("clause", sa.String(200)),
        sa.Column("evidence", sa.Text),
        sa.Column("outcome", sa.String(16)),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_judgement_steps"),
    )
    op.create_index(
        "uq_room_judgement_steps",
        "room_judgement_steps",
        ["exam", "attempt", "judgement", "stage"],
        unique=True,
    )
    op.create_table(
        "room_personal_requests",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("answered_by", sa.String(32)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("answer", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_room_personal_requests"),
    )
    op.create_index("ix_room_personal_requests_seat", "room_personal_requests", ["exam", "jti", "id"])
