"""What every web server of OneSeat needs, and that is about HTTP alone.

The portal and the exam room are built from it, and neither imports the other. Nothing here knows of
candidates, operators or exams.

Modules:

* ``bodies`` -- Reads request bodies within a limit of size and one of time.
* ``connections`` -- Bounds what a connection may cost before its request is read: header size, header time,
  idle connections.
* ``deployment`` -- Renders the nginx and systemd files of a server from ``templates/deploy``.
* ``errors`` -- The base class of refusals that a web server answers with over HTTP.
* ``event_streams`` -- Server-sent events: one reader of a process for all pages that follow the same thing.
* ``fast_routes`` -- Hot routes, dispatched before FastAPI to save its per-request overhead.
* ``faults`` -- Logs and answers what is no refusal: a database or store out of reach, or an unforeseen
  exception.
* ``framework`` -- What both servers make of FastAPI: its settings, and refusals in place of its own answers.
* ``garbage`` -- Tunes the cyclic garbage collector for a server, which keeps most of its objects for ever.
* ``logs`` -- Structured logs without personal data: one JSON object a line, marked in a rehearsal.
* ``metrics`` -- Prometheus metrics of answers: requests and times by route, refusals by code.
* ``middleware`` -- ASGI middleware: body limit, security headers, access records without personal data,
  unforeseen faults.
* ``page_route`` -- Routes of pages: HEAD is answered as GET is, without the body (RFC 9110, 9.3.2).
* ``pages`` -- The Jinja2 environment of a server's pages.
* ``problems`` -- Maps refusals to RFC 9457 problem documents, HTTP statuses and headers.
* ``qr`` -- Renders QR codes (ISO/IEC 18004) as SVG locally, so that no address goes to a third party.
* ``refusals`` -- Refusals of HTTP requests by their form, and of an address that cannot be listened on.
* ``request_id`` -- A short identifier for each request: pages of refusals show it, and the request's log line
  has it.
* ``role_words`` -- What operators' roles are called, at the desk and in the exam room.
* ``serving`` -- Runs an ASGI application under uvicorn: listening socket, configuration, call at start,
  graceful stop.
* ``setting_checks`` -- Checks of settings that web servers share, and the reasons that their refusals give.
* ``strict_json`` -- Parses JSON bodies by the kernel's rules, where Starlette and pydantic take the last of a
  repeated key.
* ``telephones`` -- Reads telephone numbers as people type them, and hides their middle where they are shown.
"""
