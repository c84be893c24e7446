"""Publishing: base and licences become visible to the portal in one step, and are withdrawn again.

Modules:

* ``errors`` -- Refusals of stamping, publishing and withdrawing installers.
* ``log`` -- Batch manifests: what a publication shows, line by line, under one signed head.
* ``publisher`` -- Base and licences become what candidates see: ``publish``.
* ``stamp`` -- One candidate's installer to a file: ``stamp``.
* ``stamp_all`` -- Every candidate's installer to a file: ``stamp --all``.
* ``stamped_file`` -- Writes a stamped installer to a file: a copy of the base's head, and a tail that holds
  the licence.
* ``store_sync`` -- What a store holds for each seat, brought to what a release needs: compared in order, put
  by many hands.
* ``withdraw`` -- What is in the store and no longer needed goes: after a release, and when an exam's
  downloads are over.
"""
