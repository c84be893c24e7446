"""Accounts: operators, their credentials, service tokens, and the audit log."""
