"""The database as a whole: backup and restore, export for auditors, purge.

Modules:

* ``backup`` -- A state database as one file, and back: the same file for SQLite and PostgreSQL.
* ``export`` -- What an auditor may see of an exam: who did what and when, and nothing that opens or proves
  anything.
* ``purge`` -- Erasing an exam when its retention has ended.
* ``reflection`` -- The tables as they are in a database, for work that concerns all of them: backups,
  exports, purges.
"""
