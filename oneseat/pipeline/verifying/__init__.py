"""Verifying: one installer, every published batch, Merkle proofs, and the audit log.

Modules:

* ``audit`` -- Verifies the audit log's hash chain, alone or against an older signed audit head.
* ``errors`` -- Refusals of checking an installer, a proof, a published batch or the audit log.
* ``inspect`` -- Checks an installer or phone app: form, code signature, base, licence, revocation, published
  batch.
* ``proofs`` -- Merkle proofs: an installer is part of a published batch; a later batch extends an earlier
  one.
* ``reference`` -- Collects what a file is checked against: charter, base manifest, state, code signature.
* ``verify_all`` -- ``verify --all``: checks every published batch, its licences and its files against the
  signed heads.
"""
