"""Issuing: rows of a roster become seats and licences, chunk by chunk, in resumable runs.

Modules:

* ``charts`` -- Where a report's charts have their lines: from figures to the coordinates of an SVG. Pure.
* ``errors`` -- Refusals of issuing licences and of reporting on a run.
* ``issuer`` -- Roster to seats and licences: ``issue``.
* ``report`` -- The report of an issue run: counts, faults by kind, throughput, and how far its candidates
  have come.
* ``run`` -- One run over one batch: rows go out to workers in chunks, and come back to be written one by one.
* ``throughput`` -- How fast an issue run wrote its rows: mean, peak, and the rate in equal parts of its
  working time.
* ``worker`` -- What a worker does with rows of a roster: check them, decide what becomes of them, make
  licences.
"""
