"""The HTTP side of a request: context, middleware, rendering, metrics, logs.

Modules:

* ``application`` -- The state of the application: settings, clock, exams and limits, as a request at one host
  sees them.
* ``bodies`` -- Reads request bodies within a limit of size and one of time.
* ``cookies`` -- The names of cookies, and the session that a request brings.
* ``logs`` -- Structured logs without personal data: one JSON object a line, marked throughout a rehearsal.
* ``metrics`` -- Figures for Prometheus: counts and times by route, refusals by code, and how each exam
  stands.
* ``middleware`` -- What every request passes: a body limit, security headers, and an account of it without
  personal data.
* ``qr`` -- QR codes (ISO/IEC 18004) as SVG, made here: no address is shown to a third party to be drawn.
* ``request_address`` -- The network address that a request's attempts count under.
* ``timing`` -- A minimum duration for refusals, so that their timing tells nothing about the check.
* ``views`` -- Rendering: Jinja2 templates in ``templates/portal``, in Chinese or English, and the static
  files.
"""
