"""Queries of publishing: charters, releases, the log of published batches.

Modules:

* ``charters`` -- Published charters. Version numbers only increase.
* ``orders`` -- Signed orders that change an exam's sessions on the day, by their numbers; an order is never
  changed.
* ``published_batches`` -- The log of published batches: staged lines, the hash tree over them in tiles, and
  signed heads.
* ``releases`` -- Releases: the current one of each exam, switched in one transaction.
"""
