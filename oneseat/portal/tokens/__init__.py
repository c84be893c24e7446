"""Values that the portal signs and recognises later: sessions, nonces, form tokens, challenges.

Modules:

* ``challenge`` -- A question that people can answer: how an owner gets in while a stranger keeps the number
  waiting.
* ``signed_values`` -- What the portal hands out and recognises again without remembering it: sessions,
  nonces, form tokens.
"""
