"""Issuing: a roster's rows become seats and licences, chunk by chunk, in runs that can be resumed.

Modules:

* ``charts`` -- SVG coordinates of a report's charts, computed from its figures. Pure.
* ``errors`` -- Refusals of issuing licences and of reporting on a run.
* ``issuer`` -- ``issue``: turns a roster into seats and licences, chunk by chunk, in a run that can be
  resumed.
* ``phones`` -- Issues phone licences: signs one for every seat whose newest installer licence has none, in
  chunks.
* ``report`` -- The report of an issue run: counts, faults by kind, throughput, and the funnel to activation.
* ``run`` -- The coordinator of an issue run: sends chunks to workers, and writes each in one transaction.
* ``throughput`` -- Throughput of an issue run: mean, peak, and the rate in equal parts of its working time.
* ``worker`` -- The worker side of issuing: check a chunk of roster rows, decide each row's act, sign
  licences.
"""
