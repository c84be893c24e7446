"""Queries of the issuer: seats and licences, issue runs and their reports.

Modules:

* ``issue_reports`` -- What the report of an issue run counts. Nothing here names a person.
* ``issue_runs`` -- The journal of issue runs: the plan of each, its chunks, its faults, and the process that
  owns it.
* ``licence_rows`` -- What goes into the state for a licence, without the database: workers that sign need
  nothing else of it.
* ``licences`` -- What ``issue`` reads and writes of seats and licences.
"""
