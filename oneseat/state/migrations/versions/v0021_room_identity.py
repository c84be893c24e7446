"""The room's identity step, and operators' sessions that are the exam room's and not the desk's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NOT_DONE = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Add three tables and four columns. Sessions that are open stay the desk's."""
    op.add_column("room_attempts", sa.Column("identity_at", sa.BigInteger))
    op.add_column("room_attempts", sa.Column("identity_by", sa.String(8)))
    op.add_column("room_attempts", sa.Column("identity_state", sa.String(10)))
    op.add_column("desk_sessions", sa.Column("place", sa.String(8), nullable=False, server_default="desk"))
    op.create_table(
        "room_identity_photos",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("finding", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("attempt", "what", name="pk_room_identity_photos"),
    )
    op.create_table(
        "room_identity_claims",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("agrees", sa.Integer),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("refusal", sa.String(8)),
        sa.PrimaryKeyConstraint("attempt", name="pk_room_identity_claims"),
    )
    op.create_index("ix_room_identity_claims_seat", "room_identity_claims", ["exam", "jti"])
    op.create_index(
        "ix_room_identity_claims_due",
        "room_identity_claims",
        ["exam", "next_try_at"],
        sqlite_where=_NOT_DONE,
        postgresql_where=_NOT_DONE,
    )
    op.create_table(
        "room_identity_decisions",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operator", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_identity_decisions"),
    )
    op.create_index(
        "ix_room_identity_decisions_attempt", "room_identity_decisions", ["exam", "attempt", "id"]
    )
