"""Signing with a key in AWS KMS."""
