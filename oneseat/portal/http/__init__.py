"""The HTTP side of a request: context, middleware, rendering, metrics, logs.

Modules:

* ``application`` -- The application's shared state: settings, clock, exams and limits, as seen at one host.
* ``cookies`` -- The names of cookies, and the session that a request brings.
* ``help_boards`` -- The queues of help requests of a portal process, one for each exam, shared by all
  requests.
* ``metrics`` -- Prometheus metrics of the portal: those of its answers, and seats and windows by exam.
* ``picture_uploads`` -- Receives pictures within limits of size, time and number, and encodes them anew in a
  thread.
* ``request_address`` -- Reads from a request the network address that its attempts are counted under.
* ``request_policy`` -- The portal's own body limits, security policies and silent routes, for the shared
  middleware.
* ``timing`` -- Delays refusals to a minimum duration, so that their timing reveals nothing about the check.
* ``views`` -- Renders the Jinja2 templates of ``templates/portal`` in two languages; serves static files.
* ``visitor_device`` -- The visitor's device: chosen by the visitor, or derived from the request's headers.
"""
