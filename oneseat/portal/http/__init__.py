"""The HTTP side of a request: context, middleware, rendering, metrics, logs.

Modules:

* ``application`` -- The application's shared state: settings, clock, exams and limits, as seen at one host.
* ``bodies`` -- Reads request bodies within a limit of size and one of time.
* ``connections`` -- Bounds what a connection may cost before its request is read: header size, header time,
  idle connections.
* ``cookies`` -- The names of cookies, and the session that a request brings.
* ``event_streams`` -- Server-sent events: one reader of a process for all pages that follow the same thing.
* ``help_boards`` -- The queues of help requests of a portal process, one for each exam, shared by all
  requests.
* ``logs`` -- Structured logs without personal data: one JSON object a line, marked in a rehearsal.
* ``metrics`` -- Prometheus metrics: requests and times by route, refusals by code, seats and windows by exam.
* ``middleware`` -- ASGI middleware: body limit, security headers, and access records without personal data.
* ``page_route`` -- Routes of pages: HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
* ``qr`` -- Renders QR codes (ISO/IEC 18004) as SVG locally, so that no address goes to a third party.
* ``request_address`` -- Reads from a request the network address that its attempts are counted under.
* ``request_id`` -- A short identifier for each request: pages of refusals show it, and the request's log line
  has it.
* ``strict_json`` -- Parses JSON bodies by the kernel's rules, where Starlette and pydantic take the last of a
  repeated key.
* ``timing`` -- Delays refusals to a minimum duration, so that their timing reveals nothing about the check.
* ``views`` -- Renders the Jinja2 templates of ``templates/portal`` in two languages; serves static files.
* ``visitor_device`` -- The visitor's device: chosen by the visitor, or derived from the request's headers.
"""
