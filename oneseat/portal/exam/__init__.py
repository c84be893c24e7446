"""One exam as the portal serves it: charter, keys, current release, maintenance, schedule.

Modules:

* ``maintenance`` -- Maintenance: while it lasts, an exam's pages and API answer 503, and the desk works on.
* ``open_release`` -- A published release with its base file mapped, ready to compose any seat's installer.
* ``ring_checks`` -- Checks of a key ring before the portal uses it: no authority key, matching rehearsal
  marks, a root key.
* ``schedule`` -- The exam's days in words, for people: from the charter, in the exam's own time zone.
* ``served_exam`` -- One exam as the portal serves it: its key ring, database, store, charter in force and
  open release.
"""
