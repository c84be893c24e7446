"""What OneSeat remembers: seats, licences, activations, downloads, releases, charters, audit.

One :class:`~oneseat.state.database.Database` per process; its ``reading()`` and ``writing()``
give a SQLAlchemy connection in a transaction, which the query modules take as their first argument.

The schema moves by Alembic only (:mod:`oneseat.state.migrations`), and opening a database runs
what is missing. No name and no ID number is ever stored: only keyed hashes of them,
under a key that the database does not hold.

Modules:

* ``accounts/`` -- Accounts: operators, their credentials, service tokens, and the audit log.
* ``bulk`` -- Bulk inserts: COPY on PostgreSQL, one prepared statement on SQLite.
* ``candidates/`` -- Queries about one candidate's seat: licence, activation, downloads, attendance, login
  budget, support.
* ``database`` -- Opening the database, and the two kinds of transaction.
* ``dialect`` -- The statements that SQLite and PostgreSQL share but SQLAlchemy spells twice.
* ``errors`` -- Refusals of the state database, its audit log and its backups.
* ``figures`` -- How an exam goes, in figures: for the operators' desk. Nothing here names a person.
* ``issuing/`` -- Queries of the issuer: seats and licences, issue runs and their reports.
* ``migrations/`` -- The schema's history, run by Alembic from
  :meth:`oneseat.state.database.Database.upgrade`.
* ``nowait`` -- A write transaction that begins only if the lock is free (NOWAIT), for a thread that must not
  block.
* ``prepared`` -- Prepared SELECT statements: compiled once, run on the driver's own cursor.
* ``publishing/`` -- Queries of what is published: charters, releases, the log of published batches.
* ``tables/`` -- The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.
* ``upgrading`` -- Bringing a schema to its head, without making a portal that is at work wait for it.
* ``upkeep/`` -- The database as a whole: backup and restore, export for auditors, purge.
"""
