"""Services for one seat, each in its own transaction: login, download, activation, tickets.

Modules:

* ``activation`` -- Activation: binds a seat to one device and hands out the seat key, once per device.
* ``check_in`` -- Records that a device is online, and tells it whether it still holds its seat.
* ``downloads`` -- Serves a seat's installer or phone app: asks the gate, records the grant, and streams or
  redirects.
* ``help/`` -- Help requests of candidates: submitting, reading, the queue, and the encryption of what was
  written.
* ``identity_check`` -- Says whether a typed name and ID number are those of a seat, for an exam room; it
  hands out nothing else.
* ``login/`` -- Login: identity checks, rate limits on failed ones, and the visit that a right one opens.
* ``orders`` -- Takes signed orders that change sessions on the day, and keeps them for all who follow them.
* ``rebinding`` -- Binds a seat anew to the computer that held it, where the computer lost its device key.
* ``room_incidents`` -- Takes incidents that an exam room opened or closed; pages, clients and desk show them
  as the desk's own.
* ``room_reports`` -- Records an exam room's reports of starts, ends and uploads; a client's word does not
  count here.
* ``room_seats`` -- Lists for exam rooms what rosters gave to seats: formal session, paper, extra time,
  adjustments.
* ``seat_access`` -- Authorises access to a seat: by its candidate's session, a service token, or a signed
  link.
* ``seat_key_proof`` -- Checks the proof that a device knows its seat's key, with which an activation passes a
  delay of the seat.
* ``seat_status`` -- Reads one seat's progress (download, activation, sessions): for its candidate's page, and
  for programs.
* ``service_tokens`` -- Authorises programs by service token: a token allows what its scopes name.
* ``tickets`` -- Issues entry tickets: reads the state, asks the rules and takes the place, in one
  transaction.
* ``transparency`` -- Verifies that a licence is in the log of published batches, under the signed tree head.
"""
