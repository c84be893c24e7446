"""The HTTP API, version 1: one router for each kind of caller.

Modules:

* ``candidates`` -- The HTTP API, version 1: what candidates' programs, and a portal in front of ours, call.
* ``devices`` -- The HTTP API for candidates' computers: nonces, activation, check-in, entry tickets.
* ``operations`` -- What those who run the portal ask it: whether it runs, whether it can serve, and its
  figures.
* ``rooms`` -- The HTTP API for exam rooms: who started, and who ended.
* ``speed`` -- How fast a candidate's line to the portal is: bytes to fetch, and bytes to send that are thrown
  away.
"""
