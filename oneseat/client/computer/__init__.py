"""The computer as the client sees it: what it asks of the system, the device key, the fingerprint."""
