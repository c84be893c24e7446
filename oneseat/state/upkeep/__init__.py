"""The database as a whole: backup and restore, export for auditors, purge."""
