"""Alembic's entry point: migrates the given connection in its current transaction."""

from __future__ import annotations

from alembic import context

from oneseat.state.tables import (  # noqa: F401 -- each module adds its tables to the metadata
    accounts,
    activation,
    attendance,
    failures,
    help_requests,
    issuing,
    programs,
    publishing,
    room,
)
from oneseat.state.tables.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # Our SQLite connections begin transactions themselves, so DDL rolls back there too.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
