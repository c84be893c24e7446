"""The identity step, and what the portal says of typed names and numbers.

Modules:

* ``identity_checks`` -- Asks the portal whether typed names and numbers are the seats' own: an outbox,
  emptied by a thread.
* ``identity_step`` -- The identity step: takes photographs of face and card, name and number, and keeps them
  sealed.
"""
