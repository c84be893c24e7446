"""The fast path for hot routes: dispatched before FastAPI, logins batched per event-loop iteration.

Modules:

* ``login_batch`` -- Proofs that come in together are looked at together: one transaction for a turn of the
  event loop.
* ``routes`` -- Routes that everybody takes in one evening, and the lane that leads to them past the
  framework.
"""
