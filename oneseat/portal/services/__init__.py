"""What the portal does for one seat, each in its transaction: login, download, activation, tickets.

Modules:

* ``activation`` -- Activation: the one moment at which a seat's key leaves the portal, for one device.
* ``check_in`` -- A device says that it is there, and learns whether its seat is still its own; the desk sees
  when.
* ``downloads`` -- Handing out a seat's installer: the gate decides, the state remembers, the composition
  streams.
* ``idempotency`` -- Calls that may be sent twice because an answer was lost: a failed proof must not cost two
  failures.
* ``login`` -- Logging in: one proof of identity against one seat, and an answer that gives nothing away.
* ``rate_limits_redis`` -- The limit per network address kept in Redis, for portal processes that serve
  together.
* ``room_reports`` -- What the exam room reports: that a candidate started, and that they ended. Clients are
  never asked.
* ``seat_access`` -- Who asks about a seat: its own candidate by a session, a program by a service token, or
  who has a link.
* ``seat_status`` -- How far one seat is, for programs that may know.
* ``service_tokens`` -- Programs that call the portal: each brings a token, and may do what the token's scopes
  say.
* ``throttle`` -- One attempt to prove who a seat is: what it costs, when it must wait, and how an answer gets
  it through.
* ``tickets`` -- Entry: a device asks for its ticket, and the rules answer on what the state knows.
* ``transparency`` -- Whether a licence was published: held against the signed head of the exam's batches.
"""
