"""How a client comes in: tickets, proofs, admission without the portal, looks, and grants to upload later.

Modules:

* ``admission`` -- Admits an activated device without the portal's ticket, while two persons have switched
  that on.
* ``admission_switch`` -- Switches admission without tickets on or off: an act of two persons, in a log and in
  the audit log.
* ``entry`` -- Lets a ticket's bearer in: verifies ticket and proof, finds or begins the attempt, sets a
  cookie.
* ``looks`` -- The client's look at the room: what became of its window and attempt, and the grant to upload
  later.
* ``proofs`` -- Verifies a client's proof: a device signature with a time, which is accepted once.
* ``upload_grants`` -- Upload grants: with one, a client opens the upload page again after its ticket has
  ended.
"""
