"""Values that the portal signs and recognises later: sessions, nonces, form tokens, challenges."""
