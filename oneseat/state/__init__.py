"""The state database: seats, licences, activations, downloads, releases, charters, audit log.

A process opens one :class:`~oneseat.state.database.Database`. Its ``reading()`` and ``writing()``
give a SQLAlchemy connection in a transaction. The query modules take that connection as their
first argument.

Only Alembic migrations change the schema (:mod:`oneseat.state.migrations`); opening a database runs
those it lacks. Names and ID numbers are never stored, only their keyed hashes. The key is not in
the database.

Modules:

* ``accounts/`` -- Accounts: operators, their credentials, service tokens, and the audit log.
* ``artefacts`` -- The artefacts of a seat: the installer for the computer, and the phone app.
* ``bulk`` -- Bulk inserts: COPY on PostgreSQL, one prepared statement on SQLite.
* ``candidates/`` -- Queries about one candidate's seat: licence, activation, downloads, attendance, login
  budget, support.
* ``database`` -- Opens the state database (SQLite or PostgreSQL), and its transactions and locks.
* ``dialect`` -- Upserts and IN conditions for SQLite and PostgreSQL, whose SQLAlchemy constructs differ.
* ``driver_faults`` -- Maps errors of the database drivers to refusals, each with the remedy for its cause.
* ``errors`` -- Refusals of the state database, its audit log and its backups.
* ``figures`` -- Counts of an exam's progress for the operators' desk. They name no person.
* ``help/`` -- Queries of the service desk: help requests, their events, and incidents.
* ``issuing/`` -- Queries of the issuer: seats and licences, issue runs and their reports.
* ``migrations/`` -- The schema's history, run by Alembic from
  :meth:`oneseat.state.database.Database.upgrade`.
* ``nowait`` -- Begins write transactions only if the lock is free (NOWAIT), for threads that must not block.
* ``phone_figures`` -- Counts of an exam's phone licences and of the phone app's downloads, beside those of
  the installer.
* ``prepared`` -- Prepared SELECT statements: compiled once, run on the driver's own cursor.
* ``problems`` -- Finds the candidates who are stuck on their way: a count, and the first of them in order.
* ``publishing/`` -- Queries of publishing: charters, releases, the log of published batches.
* ``room/`` -- Queries of the exam room: attempts, takes, answers, events, spent proofs and reports to the
  portal.
* ``sqlite_files`` -- Opens SQLite files that may only be read: on read-only media, in snapshots, from an
  auditor's account.
* ``tables/`` -- The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.
* ``upgrading`` -- Runs schema migrations without blocking a portal that is running.
* ``upkeep/`` -- The database as a whole: backup and restore, export for auditors, purge.
* ``write_lock`` -- The lock of one process's writers on SQLite, in order: first come first served, and urgent
  ones earlier.
"""
