"""What the client does over the network: HTTP, the portal API, synchronisation, server time.

Modules:

* ``http`` -- How the client and its portal exchange bytes, over http.client and the system's own TLS.
* ``portal`` -- The portal as the client sees it: few questions, typed answers, nothing believed unsigned.
* ``portal_sync`` -- Contact with the portal after enrolment: newer charters, the confirmation, withdrawals.
* ``server_time`` -- The portal's time between two of its answers: a clock that nobody can turn.
"""
