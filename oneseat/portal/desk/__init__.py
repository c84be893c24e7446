"""The operators' desk at ``/desk/``: operators see how an exam goes, and help single candidates.

Accounts belong to one exam and are made by ``build.py operator add``. An admission number
is only ever typed into a form that is posted; addresses carry the seat's pseudonym.

Modules:

* ``acts`` -- What operators do to a seat or to the exam: each in one transaction together with its line in
  the log.
* ``chart`` -- The chart of an exam's progress: from counts in time to the coordinates of an SVG. Pure, and
  scriptless.
* ``login`` -- Logging in at the desk: a password, a code where one is asked for, and delays that never lock
  for good.
* ``orders`` -- What operators send: each form is held against its page, done, and led to a page that may be
  reloaded.
* ``pages`` -- What operators see: the door, the overview, one seat, the exam's settings, the audit log.
* ``timeline`` -- One seat's history, told from what the state remembers: what the candidate did, and what was
  done to it.
* ``visits`` -- What a request to the desk brings: whose session it is, what they may do, and forms that are
  theirs.
"""
