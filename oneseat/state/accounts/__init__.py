"""Accounts: operators, their credentials, service tokens, and the audit log.

Modules:

* ``audit`` -- An append-only log of what people and commands did, each entry chained to the one before.
* ``credentials`` -- How an operator proves who they are: a password under argon2id, and optionally a
  time-based code.
* ``operators`` -- Who may use an exam's desk, and their logins.
* ``service_tokens`` -- Tokens for programs: an exam room that reports, a portal in front that authenticates.
"""
