"""Parallel work: chunks run inline, in a process pool, or on a Dask cluster.

Modules:

* ``backends`` -- The workers themselves: this process, a pool of processes, or Dask, each behind one
  protocol.
* ``errors`` -- Refusals of worker processes and of a Dask cluster.
* ``faults`` -- What is wrong with single entries of a batch: counted all, the first of them kept.
* ``interrupts`` -- Ctrl-C in the middle of a batch: the chunk at hand is finished, then the run stops.
* ``pool`` -- Where a batch's chunks are worked on: in this process, in processes of this computer, or on a
  Dask cluster.
"""
