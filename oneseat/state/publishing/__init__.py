"""Queries of what is published: charters, releases, the log of published batches.

Modules:

* ``charters`` -- Published charters: versions only go up.
* ``published_batches`` -- The log of published batches: staged lines, the hash tree over them in tiles, and
  signed heads.
* ``releases`` -- What candidates see: one release per exam, changed in one step.
"""
