"""The operators' desk at ``/desk/``: operators see how an exam goes, and help single candidates.

Accounts belong to one exam and are made by ``build.py operator add``. An admission number
is only ever typed into a form that is posted; addresses carry the seat's pseudonym.
"""
