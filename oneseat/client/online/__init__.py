"""Network access of the client: HTTP, the portal API, synchronisation, server time.

Modules:

* ``errors`` -- Refusals for the faults between this computer and the portal: clock, roots, proxy, name,
  connection, time.
* ``help_answer`` -- A help request as the portal reports it: state, place in the queue, answers.
* ``help_pictures`` -- Pictures of one seat's help request: checked here, kept encrypted, and sent while the
  request is open.
* ``help_requests`` -- Help requests of one seat: checked here, sent to the portal, kept on this computer
  while it is offline.
* ``http`` -- HTTP client for the portal: one base address, limits on size and time, redirects within the
  portal only.
* ``portal`` -- Client of the portal's API: typed requests and responses, all signatures verified.
* ``portal_sync`` -- Synchronises an enrolled seat with the portal: newer charters, activation, withdrawal.
* ``room`` -- Client of this project's exam room: a signed look at what became of the window, the attempt and
  its upload.
* ``server_time`` -- Clock synchronised with the portal's signed time; changing the computer's clock does not
  affect it.
* ``sockets`` -- Transport by Python's own sockets and TLS, for tests and development on other systems than
  Windows.
* ``transport`` -- Interface between the HTTP client and what carries its requests: WinHTTP on Windows,
  sockets elsewhere.
* ``winhttp/`` -- Transport by WinHTTP: TLS, certificates, proxies and PAC as Windows has them.
"""
