"""What the desk searches by, and what was refused to seats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"

_FILL_IN = {
    "postgresql": "UPDATE audit SET jti = facts::json ->> 'jti'",
    "sqlite": "UPDATE audit SET jti = json_extract(facts, '$.jti')",
}


def upgrade() -> None:
    """Add both columns, fill them in for the rows that there are, and index them; create the table."""
    op.add_column("seats", sa.Column("tail", sa.String(4)))
    op.execute("UPDATE seats SET tail = substr(admission_number, length(admission_number) - 3)")
    op.create_index("ix_seats_exam_tail", "seats", ["exam", "tail"])
    op.add_column("audit", sa.Column("jti", sa.String(32)))
    op.execute(_FILL_IN[op.get_bind().dialect.name])
    op.create_index("ix_audit_jti_id", "audit", ["jti", "id"])
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"])
    _refused_to_seats()


def _refused_to_seats() -> None:
    op.create_table(
        "seat_failures",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("admission_number", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(12), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "admission_number", "kind", "code", name="pk_seat_failures"),
    )
    op.create_index(
        "ix_seat_failures_exam_kind_code_last_at", "seat_failures", ["exam", "kind", "code", "last_at"]
    )
