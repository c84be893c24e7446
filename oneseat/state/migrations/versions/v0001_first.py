"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_EXAM = sa.String(64)
_JTI = sa.String(32)
_SHA256 = sa.String(64)


def upgrade() -> None:
    """Create every table."""
    _what_is_issued()
    _what_is_published()
    _what_candidates_do()
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("exam", _EXAM),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def _what_is_issued() -> None:
    op.create_table(
        "seats",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("admission_number", sa.String(64), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("published_jti", _JTI),
        sa.PrimaryKeyConstraint("exam", "admission_number", name="pk_seats"),
    )
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("base", _SHA256, nullable=False),
        sa.Column("build", sa.String(128), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint(
            "exam", "base", "build", "expires_at", name="uq_editions_exam_base_build_expires_at"
        ),
    )
    op.create_table(
        "licences",
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("edition_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("admission_number", sa.String(64), nullable=False),
        sa.Column("login_tag", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("jti", "edition_id", name="pk_licences"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("work", _SHA256, nullable=False),
        sa.Column("edition_id", sa.Integer, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("rows_done", "added", "unchanged", "refreshed", "reissued")
        ),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_exam_state", "batches", ["exam", "state"])
    op.create_table(
        "revocations",
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_revocations"),
    )


def _what_is_published() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("edition_id", sa.Integer, nullable=False),
        sa.Column("base_sha256", _SHA256, nullable=False),
        sa.Column("object_name", sa.String(255), nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("seats", sa.BigInteger, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_table(
        "current_releases",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("release_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("exam", name="pk_current_releases"),
    )
    op.create_table(
        "charters",
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("exam", "version", name="pk_charters"),
    )


def _what_candidates_do() -> None:
    op.create_table(
        "activations",
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("device_key", sa.LargeBinary(32), nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_activations"),
    )
    op.create_table(
        "downloads",
        sa.Column("jti", _JTI, nullable=False),
        sa.Column("exam", _EXAM, nullable=False),
        sa.Column("granted_at", sa.BigInteger, nullable=False),
        sa.Column("last_granted_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("jti", name="pk_downloads"),
    )
    op.create_table(
        "proof_budget",
        sa.Column("subject", sa.LargeBinary(32), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_proof_budget"),
    )
