"""What the desk searches by: the ends of admission numbers, and the seat that an audit entry is about."""

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
    """Add both columns, fill them in for the rows that there are, and index them."""
    op.add_column("seats", sa.Column("tail", sa.String(4)))
    op.execute("UPDATE seats SET tail = substr(admission_number, length(admission_number) - 3)")
    op.create_index("ix_seats_exam_tail", "seats", ["exam", "tail"])
    op.add_column("audit", sa.Column("jti", sa.String(32)))
    op.execute(_FILL_IN[op.get_bind().dialect.name])
    op.create_index("ix_audit_jti_id", "audit", ["jti", "id"])
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"])
