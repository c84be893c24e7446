"""The exam's key rings, and the offline ceremony for the root key."""
