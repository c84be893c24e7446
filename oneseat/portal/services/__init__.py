"""What the portal does for one seat, each in its transaction: login, download, activation, tickets.

Modules:

* ``activation`` -- Activation: the one moment at which a seat's key leaves the portal, for one device.
* ``check_in`` -- Records that a device is online, and tells it whether it still holds its seat.
* ``downloads`` -- Handing out a seat's installer: the gate decides, the state remembers, the composition
  streams.
* ``gate_refusals`` -- The gate's decisions as refusals that a candidate can read.
* ``idempotency`` -- Idempotency keys: a failed identity check that is sent again, because its answer was
  lost, counts once.
* ``login`` -- Logging in: one check of an identity against one seat, and an answer that gives nothing away.
* ``rate_limits_redis`` -- The limit per network address kept in Redis, for portal processes that serve
  together.
* ``room_reports`` -- Records an exam room's reports that a candidate started and ended. Clients have no part
  in it.
* ``seat_access`` -- Access to a seat: by its candidate's session, by a program's service token, or by a
  signed link.
* ``seat_status`` -- How far one seat is, for programs that may know.
* ``service_tokens`` -- Authorises programs by service token: a token allows what its scopes name.
* ``throttle`` -- Rate-limits checks of an identity, for login and activation together: by address, and by
  seat.
* ``tickets`` -- Issues entry tickets: reads the state, asks the ticket rules, and takes the place, in one
  transaction.
* ``transparency`` -- Verifies that a licence is in the log of published batches, under the log's signed head.
* ``visits`` -- A seat whose owner has identified themselves, and what the gate decides about it now.
"""
