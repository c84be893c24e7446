"""Whole files: atomic writes, block copies, chunks, and the data files that travel with the package.

Modules:

* ``atomic`` -- Atomic file writes: a temporary file beside the target, then renamed over it or linked to its
  name.
* ``block_copy`` -- Copies the beginning of a file: by shared blocks (reflinks) where possible, else inside
  the kernel.
* ``chunks`` -- Reading files in chunks of bounded size.
* ``model_faults`` -- Reports faults of a TOML file that a pydantic model reads, in two languages, with key
  and line.
* ``paper_names`` -- Names of papers: kind and position of a session, and a variant; they are the names of
  their files.
* ``photo_file`` -- The file of registered photographs (``oneseat-photos/v1``): JSON lines, sealed for one
  room and signed.
* ``pictures`` -- Encodes pictures that strangers send anew: as a small JPEG of the same view, with nothing
  else in it.
* ``resources`` -- Paths of data files: package data in a wheel, folders beside the package in a checkout.
* ``toml_faults`` -- Explains in two languages where and why a text is not TOML; tomllib explains it in
  English.
* ``toml_lines`` -- Line numbers of the keys of a TOML file, which :mod:`tomllib` does not give.
"""
