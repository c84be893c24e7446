"""The schema's history, run by Alembic from :meth:`oneseat.state.database.Database.upgrade`.

Modules:

* ``env`` -- Alembic's entry point: migrates the given connection in its current transaction.
* ``versions/`` -- One file per step, oldest first.
"""
