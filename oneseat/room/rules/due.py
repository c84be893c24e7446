"""When each class of kept data is due for erasure, by the charter in force."""

from __future__ import annotations

from datetime import datetime, timedelta

from oneseat.state.tables.retention import EVENTS, IDENTITY, RECORDINGS, REQUESTS
from signing.charter import Charter, RetentionTerms
from signing.session_times import MOCK

ERASED = (RECORDINGS, IDENTITY, REQUESTS, EVENTS)
"""The classes that a purge erases, in its order: events last, since they list the attempts."""


def due_at(charter: Charter, terms: RetentionTerms, retained: str, kind: str) -> datetime:
    """Return from when on data of a class, of a mock or a formal attempt, are to be erased."""
    ends = max(session.ends for session in charter.formals)
    results = terms.results_at or ends
    if retained == RECORDINGS and kind == MOCK:
        return ends + timedelta(seconds=terms.mock_recordings_s)
    if retained == REQUESTS:
        return ends + timedelta(seconds=terms.requests_s)
    seconds = {
        RECORDINGS: terms.formal_recordings_s,
        IDENTITY: terms.identity_s,
        EVENTS: terms.events_s,
    }[retained]
    return max(results, ends) + timedelta(seconds=seconds)
