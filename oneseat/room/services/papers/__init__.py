"""Papers of a session: shares of their keys, keys, and what is handed out when.

Modules:

* ``paper_delivery`` -- Hands out papers: the sealed box from the consent on, the key from the start on; opens
  them for checks.
* ``paper_holders`` -- Sends a holder's shares of a session's papers to every process of the room that waits
  for them.
* ``paper_keys`` -- Finds a paper's key, which is the room's own or in memory; stores it from the start on,
  and loads it again.
* ``paper_release`` -- Takes in holders' shares, hands keys on to other processes, stores them at the start,
  raises the alarm.
"""
