"""The fast path for hot routes: dispatched before FastAPI, logins batched per event-loop iteration.

Modules:

* ``fast_login`` -- Batched login on the event loop: the checks of ``services.login`` in fewer transactions.
* ``login_batch`` -- Batches concurrent login checks into one write transaction per event-loop iteration.
"""
