"""Pure rules, values in and values out: download gate, tickets, ranges, rate limits, client addresses.

Modules:

* ``client_address`` -- Which network address a request counts under.
* ``download_gate`` -- The gate: whether a candidate may log in, start a download, go on with one, now.
* ``ranges`` -- Conditional and partial requests, by RFC 9110, for one representation with a strong ETag.
* ``rate_limits`` -- Rate limit per network address (token bucket), and how long a seat's next identity check
  is delayed.
* ``ticket_rules`` -- The ticket rules: whether a device may enter a mock or a formal interview, now.
"""
