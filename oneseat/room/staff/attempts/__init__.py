"""One attempt for operators: its page, its recordings, and the acts on it.

Modules:

* ``ending`` -- Ends an attempt by two persons, and opens one again: each act with a name, a reason, and the
  audit log.
* ``invigilating`` -- Routes of what invigilators do on an attempt's page: reminders, notes, marks,
  permissions, endings.
* ``invigilation`` -- What an attempt's page shows of its invigilation, and which acts it offers this
  operator.
* ``look_keys`` -- Gives the key of a look that is one audit entry and shows much: the wall, or an attempt
  that is followed.
* ``marking`` -- Writes notes about an attempt, and marks suspicions in its recordings, for people to judge
  later.
* ``pages`` -- Routes of operators' pages: entry, the list of a session's attempts, one attempt, its identity.
* ``permits`` -- Permits a candidate to touch the phone or to leave the picture, and ends the permission.
* ``player`` -- Routes of the player: an attempt's streams side by side by the server's clock, and single
  segments.
* ``recordings`` -- Opens an attempt's recordings for a player, and single segments: each look is in the audit
  log.
* ``reminders`` -- Sends one of the listed reminders to a candidate, with its entry in the audit log.
"""
