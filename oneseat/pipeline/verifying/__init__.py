"""Checking what was made: one installer, everything published, inclusion proofs, the audit log.

Modules:

* ``audit`` -- Verifying the audit log, alone or against an older signed head of it.
* ``inspect`` -- Looking at an installer: what it is, whose, and whether it would be accepted.
* ``proofs`` -- Short proofs: that an installer is part of a published batch, and that a later batch extends
  an earlier.
* ``verify_all`` -- Everything that was ever published, held against what was signed: ``verify --all``.
"""
