"""Queries of the service desk: help requests, their events, and incidents.

Modules:

* ``events`` -- Events of help requests, in the order in which they happened. Words are encrypted by the
  caller.
* ``incidents`` -- Incidents: faults that concern many candidates, each with one text for all of them.
* ``pictures`` -- Pictures of help requests: one row each, encrypted by the caller, erased with their request.
* ``requests`` -- Help requests: one open request per seat, kept by a unique index; texts are encrypted by the
  caller.
"""
