"""Rate limit per network address in Redis, shared by several portal processes.

Each address has a key, ``oneseat:address:<address>``, with the bucket's tokens and the time in
milliseconds at which they were counted. The key expires as soon as the bucket is full again.
Reading and writing is one Lua script, which Redis runs atomically.

It fails closed: while Redis is out of reach, no identity is checked. A fallback to memory would
give an address one budget per process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from oneseat.portal.refusals.login import LimitOutOfReach
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.rate_limits import POLL_COST, busy
from signing.text import Text

ANSWER_WITHIN_S = 1.0
"""Timeout of one command: a login waits no longer than this for Redis."""

_NO_BOUND = -(10**9)

# KEYS[1] the address; ARGV: burst, tokens earned a second, now in ms, cost, and the lowest number of tokens
# that the cost may lead to. Answers the tokens left.
_SPEND = """
local burst, rate, now, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lowest = tonumber(ARGV[5])
local seen = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(seen[1]) or burst, tonumber(seen[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
if cost > 0 then
  tokens = math.min(tokens, math.max(tokens - cost, lowest))
  redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(math.max(now, at)))
  redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000))
end
return tostring(tokens)
"""


class RedisLimit:
    """An :class:`oneseat.portal.rules.rate_limits.AddressLimit` that all processes with the same Redis share.

    ``url`` is ``redis://``, ``rediss://`` or ``unix://`` and may hold a password.

    Raises:
        SettingsInvalid: ``url`` is not a Redis URL.
    """

    def __init__(self, url: str, burst: int, per_minute: float) -> None:
        self.burst = burst
        self.per_second = per_minute / 60
        try:
            self._redis = Redis.from_url(
                url,
                socket_timeout=ANSWER_WITHIN_S,
                socket_connect_timeout=ANSWER_WITHIN_S,
                # One retry, since the server may have closed an idle connection.
                retry=Retry(NoBackoff(), 1),
            )
        except ValueError:
            # The text itself is not shown: it may hold a password.
            raise SettingsInvalid(
                setting="limits_url",
                reason=Text(
                    "not a redis://, rediss:// or unix:// URL", "不是 redis://、rediss:// 或 unix:// 地址"
                ),
            ) from None
        self._spend = self._redis.register_script(_SPEND)

    def check(self, address: str, now: datetime) -> None:
        """See :class:`oneseat.portal.rules.rate_limits.AddressLimit`.

        Raises:
            AddressBusy: the address has failed too often.
            LimitOutOfReach: Redis does not answer.
        """
        tokens = self._tokens(address, now, 0)
        if tokens < 1:
            raise busy(tokens, self.per_second)

    def allows(self, address: str, now: datetime) -> bool:  # noqa: ARG002 -- the protocol's signature
        """Always False: asking Redis takes a network round trip."""
        return False

    def charge(self, address: str, now: datetime) -> None:
        """See :class:`oneseat.portal.rules.rate_limits.AddressLimit`.

        Raises:
            LimitOutOfReach: Redis does not answer.
        """
        self._tokens(address, now, 1)

    def charge_poll(self, address: str, now: datetime) -> None:
        """See :class:`oneseat.portal.rules.rate_limits.AddressLimit`.

        Raises:
            LimitOutOfReach: Redis does not answer.
        """
        self._tokens(address, now, POLL_COST, lowest=-self.burst)

    def refuse_unready(self) -> None:
        """See :class:`oneseat.portal.rules.rate_limits.AddressLimit`.

        Raises:
            LimitOutOfReach: Redis does not answer.
        """
        with _reported():
            self._redis.ping()

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _tokens(self, address: str, now: datetime, cost: int, lowest: int = _NO_BOUND) -> float:
        arguments = (self.burst, self.per_second, int(now.timestamp() * 1000), cost, lowest)
        with _reported():
            return float(self._spend(keys=[f"oneseat:address:{address}"], args=arguments))


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise LimitOutOfReach from error
