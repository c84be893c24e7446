"""The phone app as a second artefact of a seat: editions, releases, log lines and downloads by artefact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"


def upgrade() -> None:
    """Add the artefact to editions and log lines: what is there is of installers. Create the two tables."""
    for table in ("editions", "manifest_lines"):
        op.add_column(table, sa.Column("artefact", sa.String(16), nullable=False, server_default="installer"))
    for name in ("phone_sbom", "phone_provenance"):
        op.add_column("manifest_heads", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "release_artefacts",
        sa.Column("release_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("artefact", sa.String(16), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("edition_id", sa.Integer, nullable=False),
        sa.Column("base_sha256", sa.String(64), nullable=False),
        sa.Column("object_name", sa.String(255), nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("release_id", "artefact", name="pk_release_artefacts"),
    )
    op.create_table(
        "phone_downloads",
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(64), nullable=False),
        sa.Column("granted_at", sa.BigInteger, nullable=False),
        sa.Column("last_granted_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("jti", name="pk_phone_downloads"),
    )
