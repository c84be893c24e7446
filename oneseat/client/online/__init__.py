"""Network access of the client: HTTP, the portal API, synchronisation, server time.

Modules:

* ``http`` -- HTTP client for the portal, over urllib and the system's TLS.
* ``portal`` -- Client of the portal's API: typed requests and responses, all signatures verified.
* ``portal_sync`` -- Synchronises an enrolled seat with the portal: newer charters, activation, withdrawal.
* ``server_time`` -- Clock synchronised with the portal's signed time; changing the computer's clock does not
  affect it.
"""
