"""The exam room: a web server of its own that holds the interview, and keeps what is said there.

A request passes the shared middleware of ``oneseat.web``, then a route of ``api`` or ``pages``, which calls
one of ``services``; these ask the pure ``rules`` and answer from the state. The room uses no way into the
portal that a third party's room has not: a ticket comes in by the candidate's browser, and reports go out
with a service token.

Modules:

* ``api/`` -- The room's JSON API: for its own page, for the client, for recordings, and for operators'
  probes.
* ``app`` -- Builds the room's ASGI application from routes, middleware and exception handlers.
* ``deploy`` -- Renders the nginx and systemd files of a room's deployment.
* ``errors`` -- The base class of the room's refusals, and refusals of several parts.
* ``evidence/`` -- Hands out what is kept of interviews as signed evidence, and verifies it anywhere.
* ``exam/`` -- One exam as the room serves it: charter, keys, database, store of recordings, papers.
* ``fastpath/`` -- The fast path for beats: dispatched before FastAPI, committed in groups.
* ``http/`` -- The HTTP side of a request: shared state, cookies, policies, rendering.
* ``pages/`` -- The pages that candidates see, and the forms by which the client opens them.
* ``papers/`` -- Papers: their files, their checks, sealing them for two holders, and what a room holds of
  them.
* ``refusals/`` -- Every refusal of the room by subject, each with the HTTP status that carries it.
* ``rules/`` -- Pure rules, values in and values out: steps, answers' times, segment names, completeness,
  backlogs.
* ``serve`` -- Runs the room: one uvicorn server in this process, with structured logs and graceful stop.
* ``services/`` -- What the room does for one attempt, each service in a transaction of its own.
* ``settings`` -- The room's settings as a pydantic model, with their validation.
* ``staff/`` -- Operators' pages of the room: attempts of a session, one attempt, and the decision on an
  identity.
"""
