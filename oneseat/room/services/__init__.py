"""What the room does for one attempt, each service in a transaction of its own.

Modules:

* ``answering`` -- Keeps answers: chained by their hashes, on time or late by the server's clock, each once.
* ``attempt_view`` -- An attempt as the page gets it: the step by the server's clock, the times, the receipt,
  the paper.
* ``beats`` -- The page's control call: announces takes and segments, gets upload addresses and what is
  stored.
* ``completion`` -- Completes an attempt when everything it promised is in the store, by the store's own
  listing.
* ``current_attempt`` -- Brings a locked attempt up to date: its times by the charter in force, its hand-in by
  the clock.
* ``entry`` -- Lets a ticket's bearer in: verifies ticket and proof, finds or begins the attempt, sets a
  cookie.
* ``events_in`` -- Takes events from pages: codes, numbers and flags are kept, and everything else is dropped.
* ``hand_in`` -- Hands attempts in: by the candidate from the end on, or by the clock when nobody does.
* ``looks`` -- The client's look at the room: what became of its window and attempt, and the grant to upload
  later.
* ``page_hand_in`` -- The page's hand-in: from the attempt's end on, with the number of segments of each of
  its takes.
* ``portal_reports`` -- Sends the outbox of reports to the portal: who started, who ended. A thread of each
  room process.
* ``proofs`` -- Verifies a client's proof: a device signature with a time, which is accepted once.
* ``receipts`` -- Signs hand-in receipts, and reads the short number of one for people.
* ``steps_taken`` -- Takes the steps before the questions: joining, consent, devices, rules of the room, a
  mock's begin.
* ``sweeping`` -- Hands in by the clock what no page hands in, and forgets spent proofs: a thread of each room
  process.
* ``upload_grants`` -- Upload grants: with one, a client opens the upload page again after its ticket has
  ended.
* ``window_calls`` -- Opens a call of the page: one write transaction on its attempt, locked, with epoch and
  times checked.
* ``wire_times`` -- Writes times for pages and clients: RFC 3339 in UTC, to the millisecond.
"""
