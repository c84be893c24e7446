"""Queries of the issuer: seats and licences, issue runs and their reports.

Modules:

* ``issue_reports`` -- What a batch's report counts. Nothing here names a person.
* ``issue_runs`` -- How far a batch of ``issue`` has come: its plan, its chunks, its faults, and the run that
  may write.
* ``licence_rows`` -- What goes into the state for a licence, without the database: workers that sign need
  nothing else of it.
* ``licences`` -- What ``issue`` reads and writes of seats and licences.
"""
