"""What the room does for one attempt, each service in a transaction of its own.

Modules:

* ``arrival/`` -- How a client comes in: tickets, proofs, admission without the portal, looks, and grants to
  upload later.
* ``attempts/`` -- An attempt from its first call to its completion: locks, times, hand-in, receipt,
  permissions.
* ``help/`` -- Requests for help, and what the service desk makes of them.
* ``identity/`` -- The identity step, and what the portal says of typed names and numbers.
* ``incidents/`` -- Incidents: proposed from symptoms, decided by people, told to the portal.
* ``measures`` -- Gives measures: one person drafts, a second one has the order signed by the room's key,
  within bounds.
* ``page/`` -- What a candidate's page asks and tells during an attempt.
* ``papers/`` -- Papers of a session: shares of their keys, keys, and what is handed out when.
* ``phone/`` -- What the room does for a candidate's phone: logins, licences, steps, beats, gates of the
  computer.
* ``portal/`` -- Calls between the room and the portal: outboxes, and what is fetched.
* ``rounds`` -- A thread that does something again and again, and outlives its faults.
* ``steps_taken`` -- Takes the steps before the questions: joining, consent, devices, rules of the room, a
  mock's begin.
* ``watching/`` -- What invigilators watch: live pictures, groups, and groups that nobody watches.
* ``wire_times`` -- Writes times for pages and clients: RFC 3339 in UTC, to the millisecond.
"""
