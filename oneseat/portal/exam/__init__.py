"""One exam as the portal serves it: charter, keys, current release, maintenance, schedule.

Modules:

* ``failure_log`` -- Counts refusals in memory and writes them to the state in batches, off the way of
  requests.
* ``maintenance`` -- Words of an exam's maintenance, in which its pages and API answer 503.
* ``number_form`` -- Caches the form of an exam's admission numbers, so that a mistyped one is noticed before
  it is looked up.
* ``open_release`` -- A published release, memory-mapped, from which any seat's installer and phone app are
  composed.
* ``overview`` -- Reads an exam's figures in the background, so that no page waits for a count over a million
  seats.
* ``ring_checks`` -- Checks of a key ring at start: no authority key, matching rehearsal marks, a valid root
  key.
* ``schedule`` -- The exam's days in words, for people: from the charter, in the exam's own time zone.
* ``served_exam`` -- One exam as the portal serves it: its key ring, database, store, charter in force and
  open release.
* ``timed_cache`` -- Caches what every request reads from the database for a second: switches and
  announcements of operators.
"""
