"""Accounts made on the command line: operators of the desk, and tokens for services."""
