"""Accounts: operators, their credentials, service tokens, and the audit log.

Modules:

* ``audit`` -- The audit log: append-only entries in a hash chain, each with the digest of the one before.
* ``credentials`` -- Operators' credentials: argon2id password hashes and optional time-based codes (TOTP).
* ``operators`` -- Operator accounts of an exam's desk, and their login sessions.
* ``service_tokens`` -- Tokens for programs: an exam room that reports, a portal in front that authenticates.
"""
