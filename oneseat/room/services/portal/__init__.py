"""Calls between the room and the portal: outboxes, and what is fetched.

Modules:

* ``order_outbox`` -- Sends the room's orders to the portal, one after the other: an outbox, emptied by a
  thread.
* ``order_refresh`` -- Fetches signed orders from the portal, for a room with a database of its own. A thread
  of each process.
* ``portal_calls`` -- Calls the portal with the room's service token, and empties outboxes of calls: a thread
  for each.
* ``portal_reports`` -- Sends the outbox of reports to the portal: starts, ends, uploads. A thread of each
  room process.
* ``reconciling`` -- Tells the portal, when it is back, who was admitted without its ticket. A thread of each
  room process.
* ``seat_refresh`` -- Fetches what rosters gave to seats from the portal, into the room's copy. A thread of
  each room process.
* ``upload_reports`` -- What the portal is told of an attempt's upload, and when it is told again.
"""
