"""The room's JSON API: for its own page, for the client, for recordings, and for operators' probes.

Modules:

* ``client`` -- Calls of the installed client: its look at the room.
* ``operations`` -- Routes for those who run the room: liveness, readiness and Prometheus metrics.
* ``page_calls`` -- Calls of the room's page: join, consent, steps, begin, beat, answer, hand-in.
* ``segments`` -- Takes recordings by PUT into a folder: the twin of a presigned PUT to S3.
"""
