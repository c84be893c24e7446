"""Idempotency keys: a failed identity check that is retried after a lost answer counts once.

All other calls of the API are idempotent by themselves: a device gets the same activation
again, a candidate the same ticket, an exam room the same report. An identity check that
fails is the exception, since it spends from the seat's budget. For a few minutes, a call that
is sent again under the same ``Idempotency-Key`` gets the refusal of the first time and counts
once. Another call under the same key is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.services import RetryDiffers
from oneseat.state.candidates import failed_calls
from oneseat.web.refusals import RequestInvalid
from signing.binding import keyed_hash
from signing.errors import OneSeatError

HEADER = "idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{16,100}")


@dataclass(frozen=True)
class Retry:
    """A call that may be a repetition; both members are keyed hashes (32 bytes)."""

    key: bytes
    request: bytes

    def is_repeated(self, connection: Connection, now: datetime) -> bool:
        """Whether this very call failed before.

        Raises:
            RetryDiffers: another call failed under the same key.
        """
        before = failed_calls.find_request(connection, self.key, now)
        if before is not None and before != self.request:
            raise RetryDiffers
        return before is not None

    def refuse_repeated(self, connection: Connection, now: datetime, refusal: OneSeatError) -> None:
        """Answer a call that failed before with the same ``refusal``; what it spent just now is rolled back.

        Raises:
            OneSeatError: ``refusal``, where this very call failed before.
            RetryDiffers: another call failed under the same key.
        """
        if self.is_repeated(connection, now):
            raise refusal

    def record_failure(self, connection: Connection, now: datetime) -> None:
        """Record that the call failed."""
        failed_calls.record(connection, self.key, self.request, now)


def retry_of(request: Request, exam: ServedExam, caller: str, *content: str) -> Retry | None:
    """The call's key and content, where it brings an ``Idempotency-Key``.

    ``caller`` is the address that failures are counted under. It is part of the key, so one caller
    cannot use up another's keys.

    Raises:
        RequestInvalid: the key is not 16 to 100 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise RequestInvalid(where=f"{HEADER} (16-100 ASCII)")
    route = request.scope["route"].path
    scope = [part.encode() for part in (exam.exam, route, caller, key)]
    return Retry(
        keyed_hash(exam.peppered, b"oneseat/retry-key/v1", *scope),
        keyed_hash(exam.peppered, b"oneseat/retry-request/v1", *(part.encode() for part in content)),
    )
