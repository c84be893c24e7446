"""Login: identity checks, rate limits on failed ones, and the visit that a right one opens.

Activation uses the same throttle and idempotency keys, so its failures count in the same budget.

Modules:

* ``gate_refusals`` -- Maps the download gate's decisions to refusals with words for candidates.
* ``idempotency`` -- Idempotency keys: a failed identity check that is retried after a lost answer counts
  once.
* ``identity`` -- Checks an identity against the seat of its admission number; every failure looks alike.
* ``rate_limits_redis`` -- Rate limit per network address in Redis, shared by several portal processes.
* ``throttle`` -- Rate-limits identity checks, for login and activation together: by address and by seat.
* ``visits`` -- Visits: an identified seat together with the download gate's decision about it.
"""
