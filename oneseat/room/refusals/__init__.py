"""Every refusal of the room by subject, each with the HTTP status that carries it.

Modules:

* ``attempts`` -- Refusals within an attempt: an older window, steps out of order, times, answers, recordings.
* ``entry`` -- Refusals of entry: tickets, grants, proofs, and windows without an entry.
* ``start`` -- Refusals to start: settings, keys, papers or a charter that the room cannot use.
"""
