"""The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.

Modules:

* ``accounts`` -- The tables of the people who run an exam: their accounts, their sessions, and what was done.
* ``activation`` -- The tables between login and activation: downloads, devices, failed checks of identities.
* ``attendance`` -- The tables of the days of the interviews: who entered which session, and which devices
  checked in.
* ``base`` -- The declarative base and the column types of all tables. Times are microseconds since 1970 in
  UTC.
* ``issuing`` -- The tables of issuing: seats and their licences, the runs of ``issue``, and what the desk
  asks it for.
* ``programs`` -- The tables of programs that call the API: what they may do, and which of their calls failed.
* ``publishing`` -- The tables of what candidates are shown: releases, charters, maintenance, published
  batches.
"""
