"""Login: identity checks, rate limits on failed ones, and the visit that a right one opens.

Activation uses the same throttle and idempotency keys, with a budget of its own.

Modules:

* ``challenged_budget`` -- A budget whose attempts each need the answer to a question; it opens where another
  budget delays.
* ``gate_refusals`` -- Maps the download gate's decisions to refusals with words for candidates.
* ``idempotency`` -- Idempotency keys: a failed identity check that is retried after a lost answer counts
  once.
* ``identity`` -- Checks an identity against the seat of its admission number; every failure looks alike.
* ``login_attempt`` -- Rate-limits logins by seat and by address, and opens two ways past the delays that a
  stranger causes.
* ``rate_limits_redis`` -- Rate limit per network address in Redis, shared by several portal processes.
* ``throttle`` -- Charges identity checks to a budget per seat: the first failures are free, later ones double
  a delay.
* ``visits`` -- Visits: an identified seat together with the download gate's decision about it.
"""
