"""The HTTP side of a request: context, middleware, rendering, metrics, logs.

Modules:

* ``bodies`` -- Reading the bodies of requests: none longer or slower than any genuine one.
* ``context`` -- What a handler needs of the request and of the application around it.
* ``logs`` -- Structured logs without personal data: one JSON object a line, marked throughout a rehearsal.
* ``metrics`` -- Figures for Prometheus: counts and times by route, refusals by code, and how each exam
  stands.
* ``middleware`` -- What every request passes: a body limit, security headers, and an account of it without
  personal data.
* ``qr`` -- QR codes (ISO/IEC 18004) as SVG, made here: no address is shown to a third party to be drawn.
* ``views`` -- Rendering: Jinja2 templates in ``templates/portal``, in Chinese or English, and the static
  files.
"""
