"""Queries of what is published: charters, releases, the log of published batches."""
