"""One exam as the portal serves it: charter, keys, current release, maintenance, schedule.

Modules:

* ``maintenance`` -- Maintenance: while it lasts, an exam's pages and API answer 503, and the desk works on.
* ``schedule`` -- The exam's days in words, for people: from the charter, in the exam's own time zone.
* ``served_exam`` -- One exam as the portal serves it: its portal key ring, its state, its store, its charter
  in force.
"""
