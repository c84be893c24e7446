"""Queries of the issuer: seats and licences, issue runs and their reports.

Modules:

* ``issue_reports`` -- Counts for the report of an issue run. They name no person.
* ``issue_runs`` -- The journal of issue runs: the plan, chunks, faults and owner process of each.
* ``licence_rows`` -- Row types of seats and licences, without database imports, for workers that sign.
* ``licences`` -- Queries of ``issue``: reads and writes seats and licences.
* ``phone_licences`` -- Queries about phone licences: which seats lack one for an edition of the phone app.
"""
