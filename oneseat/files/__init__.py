"""Whole files: atomic writes, block copies, chunks, and the data files that travel with the package.

Modules:

* ``atomic`` -- Atomic file writes: a temporary file beside the target, then renamed over it or linked to its
  name.
* ``block_copy`` -- Copies the beginning of a file: by shared blocks (reflinks) where possible, else inside
  the kernel.
* ``chunks`` -- Reading files in chunks of bounded size.
* ``pictures`` -- Encodes pictures that strangers send anew: as a small JPEG of the same view, with nothing
  else in it.
* ``resources`` -- Paths of data files: package data in a wheel, folders beside the package in a checkout.
"""
