"""The operators' desk at ``/desk/``: who runs an exam sees how it goes, and helps single candidates.

* :mod:`portal.desk.login` -- a password, a code, delays; :mod:`portal.desk.visits` -- a request's session
* :mod:`portal.desk.pages` -- what operators see; :mod:`portal.desk.orders` -- what they send
* :mod:`portal.desk.acts` -- what they do, each in one transaction with its line in the audit log
* :mod:`portal.desk.overview`, :mod:`portal.desk.chart`, :mod:`portal.desk.timeline` -- figures and histories

Accounts belong to one exam and are made by ``build.py operator add``. An admission number
is only ever typed into a form that is posted; addresses carry the seat's pseudonym.
"""
