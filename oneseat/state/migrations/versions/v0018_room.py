"""The exam room: attempts, takes, answers, events, spent proofs, reports to the portal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NOT_HANDED_IN = sa.text("handed_in_at IS NULL")
_NOT_DONE = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Create the six tables. Partial indexes hold only what is still to be done, so they stay small."""
    _attempts()
    _takes()
    _answers()
    _events()
    _proofs()
    _reports()


def _attempts() -> None:
    op.create_table(
        "room_attempts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("consent_at", sa.BigInteger),
        sa.Column("consent_version", sa.String(64)),
        sa.Column("consent_face", sa.Integer),
        sa.Column("devices_at", sa.BigInteger),
        sa.Column("room_at", sa.BigInteger),
        sa.Column("began_at", sa.BigInteger),
        sa.Column("starts_at", sa.BigInteger),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("answers_head", sa.LargeBinary(32)),
        sa.Column("handed_in_at", sa.BigInteger),
        sa.Column("handed_in_by", sa.String(12)),
        sa.Column("completed_at", sa.BigInteger),
        sa.Column("receipt", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("cookie_hash", sa.LargeBinary(32)),
        sa.Column("cookie_scope", sa.String(8)),
        sa.Column("grant_hash", sa.LargeBinary(32)),
        sa.Column("upload_until", sa.BigInteger),
        sa.Column("window_seen_at", sa.BigInteger),
        sa.Column("guard_seen_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_room_attempts"),
    )
    place = ["exam", "jti", "kind", "session", "ordinal"]
    op.create_index("uq_room_attempts_place", "room_attempts", place, unique=True)
    for name in ("cookie", "grant"):
        columns = ["exam", f"{name}_hash"]
        op.create_index(f"uq_room_attempts_{name}", "room_attempts", columns, unique=True)
    op.create_index(
        "ix_room_attempts_due",
        "room_attempts",
        ["exam", "ends_at"],
        sqlite_where=_NOT_HANDED_IN,
        postgresql_where=_NOT_HANDED_IN,
    )


def _takes() -> None:
    op.create_table(
        "room_takes",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("take", sa.String(24), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(8), nullable=False),
        sa.Column("mime", sa.String(80), nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("announced", sa.Integer, nullable=False),
        sa.Column("promised", sa.Integer),
        sa.Column("size_total", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("stored", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("attempt", "take", name="pk_room_takes"),
    )


def _answers() -> None:
    op.create_table(
        "room_answers",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("previous", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("late", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("attempt", "sequence", name="pk_room_answers"),
    )


def _events() -> None:
    op.create_table(
        "room_events",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_events"),
    )
    op.create_index("ix_room_events_attempt", "room_events", ["exam", "attempt", "id"])


def _proofs() -> None:
    op.create_table(
        "room_proofs",
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("proof_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "proof_hash", name="pk_room_proofs"),
    )
    op.create_index("ix_room_proofs_until", "room_proofs", ["exam", "until"])


def _reports() -> None:
    op.create_table(
        "room_reports",
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("refusal", sa.String(8)),
        sa.PrimaryKeyConstraint("attempt", "what", name="pk_room_reports"),
    )
    op.create_index(
        "ix_room_reports_due",
        "room_reports",
        ["exam", "next_try_at"],
        sqlite_where=_NOT_DONE,
        postgresql_where=_NOT_DONE,
    )
