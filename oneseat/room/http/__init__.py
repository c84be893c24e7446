"""The HTTP side of a request: shared state, cookies, policies, rendering.

Modules:

* ``application`` -- The application's shared state, and what a request brings: the window's cookie, the
  page's own origin.
* ``request_policy`` -- The room's own body limits and security policies, for the shared middleware.
* ``views`` -- Renders the Jinja2 templates of ``templates/room``; serves static files under one digest of
  them all.
"""
