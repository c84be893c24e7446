"""Phones that film candidates, the codes by which they come, and the attempt's step of the phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Create both tables, and add the step to attempts."""
    op.create_table(
        "room_phones",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("device_key", sa.LargeBinary(128), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("build", sa.String(64)),
        sa.Column("licence", sa.LargeBinary(32)),
        sa.Column("entered_by", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("cookie_hash", sa.LargeBinary(32)),
        sa.Column("consent_version", sa.String(64)),
        sa.Column("consent_at", sa.BigInteger),
        sa.Column("checked_at", sa.BigInteger),
        sa.Column("filmed", sa.String(32)),
        sa.Column("swept_at", sa.BigInteger),
        sa.Column("placed_at", sa.BigInteger),
        sa.Column("recorded_at", sa.BigInteger),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("fault", sa.String(16)),
        sa.Column("moved_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_room_phones"),
    )
    live = sa.text("moved_at IS NULL")
    op.create_index(
        "uq_room_phones_live",
        "room_phones",
        ["exam", "jti"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("uq_room_phones_key", "room_phones", ["exam", "jti", "device_key"], unique=True)
    op.create_index("uq_room_phones_cookie", "room_phones", ["exam", "cookie_hash"], unique=True)
    op.create_table(
        "room_phone_codes",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("exam", "jti", "kind", name="pk_room_phone_codes"),
    )
    op.create_index("ix_room_phone_codes_hash", "room_phone_codes", ["exam", "kind", "code_hash"])
    op.create_index("ix_room_phone_codes_until", "room_phone_codes", ["exam", "until"])
    op.add_column("room_attempts", sa.Column("phone_at", sa.BigInteger))
