"""Requests for help, and what the service desk makes of them.

Modules:

* ``called_seats`` -- Asks the portal which seats the service desk is calling, and follows those that are in
  an attempt here.
* ``help_requests`` -- Takes a candidate's requests for help, and says what became of them. The portal gets
  them from a thread.
* ``portal_help`` -- Passes help requests on to the portal's help API and follows them there. A thread of each
  room process.
"""
