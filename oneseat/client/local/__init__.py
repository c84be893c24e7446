"""What the client keeps on this computer: enrolled seats, cached portal answers, the charter in force.

Modules:

* ``charters`` -- Which charter holds: the newest that the root key signed, wherever it came from.
* ``portal_cache`` -- What this account learnt from the portal since enrolment: ``<own>/<exam>/``.
* ``storage`` -- Small files that are there whole or not at all, and say so when they are not.
* ``vault`` -- The seats enrolled on this computer: ``<shared>/<exam>/seats/<jti>/``.
"""
