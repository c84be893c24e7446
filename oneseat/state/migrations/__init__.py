"""The schema's history, run by Alembic from :meth:`oneseat.state.database.Database.upgrade`.

Modules:

* ``env`` -- Alembic's entry: it migrates the connection that it is handed, inside that connection's
  transaction.
* ``versions/`` -- One file per step, oldest first.
"""
