"""The download portal: candidates log in, fetch their installer and activate one computer.

A request passes ``http.middleware``, then a route of ``api``, ``pages`` or ``desk``, which calls one of
``services``; these ask the pure ``rules`` and answer from the state. ``app`` puts the parts together,
``serve`` runs them under uvicorn. ``fastpath`` is an optimisation of some routes and can be switched off.

The portal never opens an authority's key ring: it hands licences out and cannot make them.

Modules:

* ``api/`` -- The HTTP API, version 1: one router for each kind of caller.
* ``app`` -- Builds the ASGI application from routes, middleware and exception handlers.
* ``delivery/`` -- Delivery of installers: composed on the fly from base and tail, or by presigned URL.
* ``deploy`` -- Renders the nginx and systemd files of a portal's deployment.
* ``desk/`` -- The operators' desk at ``/desk/``: figures of an exam, and support for single candidates.
* ``errors`` -- The base class of the portal's refusals, with an HTTP status, and refusals of several parts.
* ``exam/`` -- One exam as the portal serves it: charter, keys, current release, maintenance, schedule.
* ``fastpath/`` -- The fast path for hot routes: dispatched before FastAPI, logins batched per event-loop
  iteration.
* ``field_faults`` -- The faults of a form's fields that a refusal carries; plain values, so that refusals
  import no rules.
* ``http/`` -- The HTTP side of a request: context, middleware, rendering, metrics, logs.
* ``openapi`` -- Generates the OpenAPI 3.1 document from the routes; docs/reference/openapi.json is a copy.
* ``pages/`` -- The pages that candidates see.
* ``questions`` -- The challenge that a refusal carries; a plain value, so that refusals import no services.
* ``refusals/`` -- Every refusal of the portal by subject, each with the HTTP status that carries it.
* ``rules/`` -- Pure rules, values in and values out: download gate, tickets, ranges, rate limits, client
  addresses.
* ``sdk/`` -- The API from the calling program's side: request and response models, and a typed client.
* ``serve`` -- Runs the portal: one uvicorn server in this process, with structured logs and graceful stop.
* ``services/`` -- Services for one seat, each in its own transaction: login, download, activation, tickets.
* ``settings`` -- The portal's settings as pydantic models, with their validation.
* ``settings_file`` -- Loads the portal's settings from a TOML file, for a portal that serves several exams.
* ``tokens/`` -- Values that the portal signs and verifies later: sessions, nonces, form tokens, challenges.
"""
