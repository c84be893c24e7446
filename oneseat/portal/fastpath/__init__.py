"""The fast path for hot routes: dispatched before FastAPI, logins batched per event-loop iteration."""
