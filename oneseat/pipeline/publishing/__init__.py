"""Publishing: upload objects, switch the release in one transaction, withdraw it, stamp files.

Modules:

* ``errors`` -- Refusals of stamping, publishing and withdrawing installers.
* ``log`` -- The append-only log of published batches: manifest lines in a Merkle tree, under signed heads.
* ``publisher`` -- ``publish``: uploads base and objects to the store, then switches the release in one
  transaction.
* ``stamp`` -- ``stamp``: writes one candidate's installer or phone app to a file.
* ``stamp_all`` -- ``stamp --all``: writes every candidate's installer to a file, in parallel; it can be
  resumed.
* ``stamped_file`` -- Writes a stamped file, installer or phone app: the base's shared prefix, and the tail
  with the licence.
* ``store_sync`` -- Syncs the store's objects with a release: merge-compares sorted names, uploads in
  parallel.
* ``withdraw`` -- Deletes objects from the store: surplus ones after a release, all of them when downloads are
  over.
"""
