"""Repeats S3 requests until an outage is over: the client library's own retries end within a second.

botocore's ``standard`` mode waits at most 50 ms times a power of two between attempts at a server that is
away (1 s times it where the server asks to slow down), and all threads share one quota. A server that
restarts is away for seconds. So each request is repeated here for a set time, around the library's attempts.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError, HTTPClientError

from oneseat.store.s3_faults import is_outage

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 4.0

T = TypeVar("T")


def outlive(request: Callable[[], T], outage_s: float) -> T:
    """Call ``request`` again while its server is away, for ``outage_s`` seconds from the first failure.

    Only failures that a moment can mend are waited for: no connection, a connection that breaks off, no
    answer in time, and the server's own faults (HTTP 500, 502, 503, 504).

    Raises:
        BotoCoreError, ClientError: the last failure, once the time is over; any other failure at once.
    """
    began = time.monotonic()
    failures = 0
    while True:
        try:
            return request()
        except (HTTPClientError, ClientError) as error:
            if not is_outage(error) or time.monotonic() - began >= outage_s:
                raise
        back_off(failures)
        failures += 1


def back_off(failures: int) -> None:
    """Sleep: exponential backoff with full jitter, so that clients of one outage do not return together."""
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**failures)
    time.sleep(longest * secrets.randbelow(1000) / 1000)
