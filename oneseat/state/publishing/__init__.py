"""Queries of what is published: charters, releases, the log of published batches.

Modules:

* ``charters`` -- Published charters: versions only go up.
* ``published_batches`` -- The batch log as the state keeps it: what is staged, what a head commits to, and
  what a proof reads.
* ``releases`` -- What candidates see: one release per exam, changed in one step.
"""
