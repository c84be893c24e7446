"""Parallel work: chunks run inline, in a process pool, or on a Dask cluster.

Modules:

* ``backends`` -- Worker backends: run a chunk in this process, in a process pool, or on a Dask cluster.
* ``errors`` -- Refusals of worker processes and of a Dask cluster.
* ``faults`` -- Faults of single entries of a run: a counter by kind, and a bounded list of the first ones.
* ``interrupts`` -- Signal handlers: SIGINT, SIGTERM and SIGHUP stop a run between two chunks, or raise an
  exception.
* ``pool`` -- A worker pool: an ordered, bounded map over chunks that survives workers which die.
"""
