"""The HTTP API, version 1: one router for each kind of caller.

Modules:

* ``candidates`` -- API routes for candidates' programs and for a portal in front: login, download, seat,
  keys.
* ``device_pictures`` -- API routes for pictures of help requests that a seat's device signs.
* ``devices`` -- API routes for candidates' computers: nonces, activation, check-in, entry tickets.
* ``help`` -- API routes for help requests: of a candidate's session, of exam rooms and phones, of devices.
* ``help_answers`` -- Answers about help requests, as sessions, programs and devices get them.
* ``help_pictures`` -- API routes for pictures of help requests: of a candidate's session, and of programs.
* ``identity`` -- API route for exam rooms: whether a typed identity is that of a seat.
* ``incidents`` -- API route of incidents: an exam room tells what candidates are to read, and when it is
  over.
* ``operations`` -- Routes for those who run the portal: liveness, readiness and Prometheus metrics.
* ``orders`` -- API routes of orders that change sessions on the day: an exam room sends them, everybody reads
  them.
* ``rooms`` -- API routes for exam rooms: reports of starts, ends and uploads.
* ``speed`` -- Speed test of a candidate's connection: random bytes to download, and uploads that are
  discarded.
"""
