"""Checking what was made: one installer, everything published, inclusion proofs, the audit log.

Modules:

* ``audit`` -- Verifying the audit log, alone or against an older signed head of it.
* ``errors`` -- Refusals of checking an installer, a proof, a published batch or the audit log.
* ``inspect`` -- Looking at an installer: what it is, whose, and whether it would be accepted.
* ``proofs`` -- Short proofs: that an installer is part of a published batch, and that a later batch extends
  an earlier.
* ``reference`` -- What a file of a project is checked against: charter, manifest of its base, state, code
  signature.
* ``verify_all`` -- Everything that was ever published, held against what was signed: ``verify --all``.
"""
