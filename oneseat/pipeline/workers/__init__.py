"""Parallel work: chunks run inline, in a process pool, or on a Dask cluster."""
