"""Pure rules, values in and values out: download gate, tickets, ranges, rate limits, client addresses.

Modules:

* ``candidate_stages`` -- The words of a candidate's state: stages, next actions, deadlines, and the table of
  which go together.
* ``candidate_state`` -- The candidate's state: one pure function from times and facts to one page, one
  action, one deadline.
* ``client_address`` -- Derives the network address that rate limits count a request under, through trusted
  proxies.
* ``devices`` -- Classifies the device behind a request by its user agent and client hints, for hints on
  pages.
* ``download_gate`` -- The download gate: decides whether a seat may log in, start or resume a download now.
* ``help_rules`` -- The service desk's rules: states of a help request, its place in the queue, waiting times,
  alarms.
* ``help_urgency`` -- How urgent a help request is at a moment: by its candidate's session, or by what the
  exam room knows.
* ``identity_shape`` -- Checks the form of a typed identity before it is compared with a seat: missing,
  mistyped or swapped fields.
* ``interview_near`` -- Whether a formal interview is so near that the portal is not disturbed without a
  chief's word.
* ``ranges`` -- Evaluates conditional and range requests (RFC 9110) for a representation with a strong ETag.
* ``rate_limits`` -- Rate limits: a token bucket per network address, and a growing delay per seat.
* ``rebinding`` -- Decides whether a computer under a new device key is the one that holds the seat.
* ``ticket_rules`` -- The ticket rules: decide whether a device may enter a mock or a formal interview now.
* ``uploads`` -- How far a candidate's recordings are, of all interviews that were handed in. Pure.
* ``utc_interval`` -- A span of time kept in UTC, for rules that compare times of any offset.
"""
