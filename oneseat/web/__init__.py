"""What every web server of OneSeat needs, and that is about HTTP alone.

The portal and the exam room are built from it, and neither imports the other. Nothing here knows of
candidates, operators or exams.

Modules:

* ``bodies`` -- Reads request bodies within a limit of size and one of time.
* ``connections`` -- Bounds what a connection may cost before its request is read: header size, header time,
  idle connections.
* ``errors`` -- The base class of refusals that a web server answers with over HTTP.
* ``event_streams`` -- Server-sent events: one reader of a process for all pages that follow the same thing.
* ``faults`` -- Logs and answers what is no refusal: a database or store out of reach, or an unforeseen
  exception.
* ``framework`` -- Refusals in place of FastAPI's own answers: wrong shapes, unknown addresses, refused
  methods.
* ``logs`` -- Structured logs without personal data: one JSON object a line, marked in a rehearsal.
* ``metrics`` -- Prometheus metrics of answers: requests and times by route, refusals by code.
* ``middleware`` -- ASGI middleware: body limit, security headers, access records without personal data,
  unforeseen faults.
* ``page_route`` -- Routes of pages: HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
* ``problems`` -- Maps refusals to RFC 9457 problem documents, HTTP statuses and headers.
* ``refusals`` -- Refusals of HTTP requests by their form, and of an address that cannot be listened on.
* ``request_id`` -- A short identifier for each request: pages of refusals show it, and the request's log line
  has it.
* ``serving`` -- Runs an ASGI application under uvicorn: listening socket, configuration, call at start,
  graceful stop.
* ``setting_checks`` -- Checks of settings that web servers share, and the reasons that their refusals give.
* ``strict_json`` -- Parses JSON bodies by the kernel's rules, where Starlette and pydantic take the last of a
  repeated key.
"""
