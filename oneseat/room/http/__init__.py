"""The HTTP side of a request: shared state, cookies, policies, rendering.

Modules:

* ``application`` -- The application's shared state, and what a request brings: the window's cookie, the
  page's own origin.
* ``arriving_uploads`` -- Allows one upload of a segment at a time, and lets a new one take over from one that
  has stalled.
* ``call_answer`` -- Writes the answers of frequent calls as JSON by pydantic's serializer, in a third of the
  usual time.
* ``few_threads`` -- Threads for one kind of call, apart from those of other calls, and few.
* ``request_policy`` -- The room's own body limits and security policies, for the shared middleware.
* ``strangers`` -- Limits how often an address that has shown nothing valid may try to enter, to look, or to
  be admitted.
* ``views`` -- Renders the Jinja2 templates of ``templates/room``; serves static files under one digest of
  them all.
"""
