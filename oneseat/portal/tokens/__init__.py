"""Values that the portal signs and recognises later: sessions, nonces, form tokens, challenges.

Modules:

* ``challenge`` -- A question that people can answer: how an owner gets in while a stranger keeps the number
  waiting.
* ``signed_values`` -- Signed values that the portal recognises without storing them: sessions, nonces, links,
  form tokens.
"""
