"""Whole files: atomic writes, block copies, chunks, and the data files that travel with the package.

Modules:

* ``resources`` -- Data files of the project: in a wheel they are package data, in a checkout they lie beside
  the package.
"""
