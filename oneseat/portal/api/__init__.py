"""The HTTP API, version 1: one router for each kind of caller.

Modules:

* ``candidates`` -- API routes for candidates' programs and for a portal in front: login, download, seat,
  keys.
* ``devices`` -- API routes for candidates' computers: nonces, activation, check-in, entry tickets.
* ``help`` -- API routes for help requests: of a candidate's session, of exam rooms and phones, of devices.
* ``help_pictures`` -- API routes for pictures of help requests: of a candidate's session, and of programs.
* ``operations`` -- Routes for those who run the portal: liveness, readiness and Prometheus metrics.
* ``rooms`` -- API routes for exam rooms: reports of starts and ends.
* ``speed`` -- Speed test of a candidate's connection: random bytes to download, and uploads that are
  discarded.
"""
