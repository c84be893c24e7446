"""The bytes of a download: composed of base and tail on the fly, or presigned for the store.

Modules:

* ``compose`` -- A candidate's installer, served without existing: the shared head of the base, then a stamped
  tail.
* ``presigned`` -- Downloads that the store itself serves: whole installers, by URLs that the gate gave and
  that soon end.
"""
