"""The fast path for beats: dispatched before FastAPI, committed in groups.

Modules:

* ``fast_calls`` -- Beats and looks on the event loop, committed in groups: the plain routes' services, for
  many calls at once.
* ``group_commit`` -- Commits calls that arrive together in one transaction (group commit).
"""
