"""Alembic's entry point: migrates the given connection in its current transaction."""

from __future__ import annotations

from alembic import context

from oneseat.state.tables.metadata import whole_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_metadata(),
    # Our SQLite connections begin transactions themselves, so DDL rolls back there too.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
