"""The download portal: candidates log in, fetch their installer and activate one computer.

A request passes ``http.middleware``, then a route of ``api``, ``pages`` or ``desk``, which calls one of
``services``; these ask the pure ``rules`` and answer from the state. ``app`` puts the parts together,
``serve`` runs them under uvicorn. ``fastpath`` is an optimisation of some routes and can be switched off.

The portal never opens an authority's key ring: it hands licences out and cannot make them.

Modules:

* ``api/`` -- The HTTP API, version 1: one router for each kind of caller.
* ``app`` -- The application: routes, middleware and refusals put together.
* ``delivery/`` -- The bytes of a download: composed of base and tail on the fly, or presigned for the store.
* ``deploy`` -- The files that put the portal behind nginx and under systemd, from ``templates/deploy``.
* ``desk/`` -- The operators' desk at ``/desk/``: operators see how an exam goes, and help single candidates.
* ``errors`` -- The class that all refusals of the portal share, with its HTTP status, and those of several
  parts.
* ``exam/`` -- One exam as the portal serves it: charter, keys, current release, maintenance, schedule.
* ``fastpath/`` -- The fast path for hot routes: dispatched before FastAPI, logins batched per event-loop
  iteration.
* ``http/`` -- The HTTP side of a request: context, middleware, rendering, metrics, logs.
* ``openapi`` -- The API's description (OpenAPI 3.1), made from its routes and kept at
  docs/reference/openapi.json.
* ``pages/`` -- The pages that candidates see.
* ``problems`` -- Refusals as RFC 9457 problem documents.
* ``questions`` -- What the portal asks people beside a refusal: plain values, so that refusals can carry
  them.
* ``refusals/`` -- Every refusal of the portal by subject, each with the HTTP status that carries it.
* ``rules/`` -- Pure rules, values in and values out: download gate, tickets, ranges, rate limits, client
  addresses.
* ``sdk/`` -- The API from the calling program's side: request and response models, and a typed client.
* ``serve`` -- Running the portal: one uvicorn server in this process, with structured logs and a graceful
  stop.
* ``services/`` -- What the portal does for one seat, each in its transaction: login, download, activation,
  tickets.
* ``settings`` -- The portal's settings.
* ``settings_file`` -- The portal's settings from a TOML file, for a portal that serves several exams.
* ``tokens/`` -- Values that the portal signs and recognises later: sessions, nonces, form tokens, challenges.
"""
