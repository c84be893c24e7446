"""Checking what was made: one installer, everything published, inclusion proofs, the audit log."""
