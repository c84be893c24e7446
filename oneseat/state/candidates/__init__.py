"""Queries about one candidate's seat: licence, activation, downloads, attendance, login budget, support.

Modules:

* ``activations`` -- One active device per seat, however many ask at the same moment.
* ``attendance`` -- Who entered which session, when, on which device; and what the exam room reported of it.
* ``check_ins`` -- When each seat's device was last heard of.
* ``downloads`` -- What became of each seat's download.
* ``failed_calls`` -- Failed identity checks by idempotency key: the same call, sent again, costs no second
  failure.
* ``login_budget`` -- The budget of failed identity checks per seat, spent by login and activation together.
* ``seat_lookup`` -- One seat for the operators' desk, with every licence that it ever had. Nothing here names
  a person.
* ``seat_support`` -- Changes that operators make at the desk: retired devices, queued re-issues, allowances,
  maintenance.
* ``seats`` -- What the portal shows of a seat: the published licence, and nothing that is only issued.
"""
