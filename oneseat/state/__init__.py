"""What OneSeat remembers: seats, licences, activations, downloads, releases, charters, audit.

One :class:`~oneseat.state.database.Database` per process; its ``reading()`` and ``writing()``
give a SQLAlchemy connection in a transaction, which the query modules take as their first argument.

The schema moves by Alembic only (:mod:`oneseat.state.migrations`), and opening a database runs
what is missing. No name and no ID number is ever stored: only keyed hashes of them,
under a key that the database does not hold.
"""
