"""The database as a whole: backup and restore, export for auditors, purge.

Modules:

* ``backup`` -- Backup and restore: one file format for SQLite and PostgreSQL.
* ``export`` -- Exports an exam's tables for auditors, without secrets.
* ``purge`` -- Purges an exam after its retention period: deletes its rows and reclaims the space.
* ``reflection`` -- Reflects the tables of a database, for backups, exports and purges.
"""
