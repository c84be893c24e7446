"""Queries about one candidate's seat: licence, activation, downloads, attendance, login budget, support.

Modules:

* ``activations`` -- Activations: one device per seat, decided by the primary key.
* ``attendance`` -- Attendance records: a candidate's tickets for a session, and the exam room's reports.
* ``check_ins`` -- The last check-in of each seat's device.
* ``downloads`` -- Download records: grant, start and end of each seat's download, of the installer or of the
  phone app.
* ``failed_calls`` -- Failed identity checks by idempotency key: a repeated call counts as one failure.
* ``failures`` -- Counts what was refused to seats, by kind and code, so that the desk can see why somebody is
  stuck.
* ``login_budget`` -- Budgets of failed identity checks and of re-bindings: for login, activation, and
  throttle keys.
* ``rebind_requests`` -- Operators' requests to free a seat whose computer lost its key; another operator
  decides each.
* ``seat_list`` -- Lists an exam's seats with their state, and withdraws seats that a roster no longer names.
* ``seat_lookup`` -- Looks up one seat for the operators' desk, with all its licences. No query names a
  person.
* ``seat_search`` -- Finds seats by parts of what identifies them: the end of a number, the beginning of a
  pseudonym.
* ``seat_support`` -- Changes made at the operators' desk: retired devices, re-issues, allowances,
  maintenance.
* ``seat_terms`` -- Queries of seat terms: the formal session, paper, extra time and adjustments that a roster
  gave a seat.
* ``seats`` -- Queries of published seats. Licences that are only issued are invisible here.
* ``sessions`` -- Ends a seat's login sessions by moving it to the next epoch.
* ``term_rows`` -- Row types of seat terms, without database imports, for workers that sign.
"""
