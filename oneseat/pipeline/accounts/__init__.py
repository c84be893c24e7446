"""Accounts made on the command line: operators of the desk, and tokens for services.

Modules:

* ``errors`` -- Refusals of managing operators' accounts.
* ``operators`` -- Accounts of the operators' desk: made, listed, shut out and given new passwords from the
  command line.
* ``service_tokens`` -- Tokens for programs that call the portal: made, listed and revoked from the command
  line.
"""
