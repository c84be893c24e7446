"""The schema's history, run by Alembic from :meth:`state.database.Database.upgrade`."""
