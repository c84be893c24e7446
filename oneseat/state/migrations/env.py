"""Alembic's entry: it migrates the connection that it is handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from oneseat.state.tables import accounts, attendance, issuing, programs, publishing  # noqa: F401 -- into the metadata
from oneseat.state.tables.seats import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # Our SQLite connections begin transactions themselves, so DDL rolls back there too.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
