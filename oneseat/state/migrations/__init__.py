"""The schema's history, run by Alembic from :meth:`oneseat.state.database.Database.upgrade`."""
