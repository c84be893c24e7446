"""The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.

Modules:

* ``accounts`` -- The tables of operators: accounts, sessions and the audit log.
* ``activation`` -- The tables of downloads, devices, failed identity checks, and logins that were ended.
* ``attendance`` -- The tables of attendance and of device check-ins.
* ``base`` -- The declarative base and the column types of all tables. Times are microseconds since 1970 in
  UTC.
* ``failures`` -- The table of what was refused to a seat: by kind and code, without a word about the person.
* ``help_requests`` -- The tables of the service desk: help requests, their events and pictures, and
  incidents.
* ``issuing`` -- The tables of issuing: seats, licences, issue runs, and re-issues queued at the desk.
* ``programs`` -- The tables of programs that call the API: service tokens and failed calls.
* ``publishing`` -- The tables of publishing: releases, charters, maintenance, published batches.
* ``room`` -- The tables of the exam room: attempts, takes, answers, events, spent proofs, reports to the
  portal.
"""
