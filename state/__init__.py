"""What OneSeat remembers: seats, licences, activations, downloads, releases, charters, audit.

One :class:`~state.database.Database` per process; its ``reading()`` and ``writing()``
give a SQLAlchemy connection in a transaction, and the small repositories below take it:

* :mod:`state.seats` -- who has a seat, and what the portal shows of it
* :mod:`state.issuing` -- what ``issue`` reads and writes of seats and licences
* :mod:`state.journal` -- how far a batch has come, what it left out, and which run may write
* :mod:`state.activations` -- one winner per seat
* :mod:`state.attendance` -- who entered which session, and what the exam room saw
* :mod:`state.service_tokens` -- what programs may do, by the hash of their secrets
* :mod:`state.downloads` -- what became of each download
* :mod:`state.proofs` -- how often candidates failed to prove themselves
* :mod:`state.releases`, :mod:`state.charters` -- what is published
* :mod:`state.audit` -- an append-only, hash-chained log of what people and commands did

The schema moves by Alembic only (:mod:`state.migrations`), and opening a database runs
what is missing. No name and no ID number is ever stored: only keyed hashes of them,
under a key that the database does not hold.
"""
