"""Values that the portal signs and verifies later: sessions, nonces, form tokens, challenges.

Modules:

* ``challenge`` -- Text challenges: an owner who answers one logs in while a stranger's failures delay the
  seat.
* ``signed_values`` -- Signed values that need no storage: sessions, nonces, links, form tokens, challenges.
"""
