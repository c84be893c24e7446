"""The room's JSON API: for its own page, for the client, for recordings, and for operators' probes.

Modules:

* ``client`` -- Calls of the installed client: its look at the room, the room's time, and admission without a
  ticket.
* ``help_calls`` -- Calls of the room's page about help: ask, look, withdraw; leave the picture, and end a
  permission.
* ``identity`` -- The page's call of the identity step: two photographs in base64, a name and a number, in one
  body.
* ``live_pictures`` -- The calls that bring live pictures: a JPEG as the whole body, from the page or the
  phone's page.
* ``operations`` -- Routes for those who run the room: liveness, readiness and Prometheus metrics.
* ``page_calls`` -- Calls of the room's page: join, consent, steps, begin, beat, answer, hand-in.
* ``phone_calls`` -- Calls of the phone's page: challenge, login, return, consent, steps, beat, promise.
* ``phone_pairing`` -- Calls of the computer's page about the phone: a code to pair it, and one to move to
  another.
* ``reminder_calls`` -- Calls of the room's page about reminders: one is shown, one was read.
* ``segments`` -- Takes recordings by PUT into a folder: the twin of a presigned PUT to S3.
"""
