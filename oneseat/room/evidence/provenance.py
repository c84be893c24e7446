"""States in a manifest which versions an attempt was held with, and how far its clocks were apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.state.candidates import check_ins
from oneseat.state.publishing.charters import CharterInForce
from oneseat.state.room import answers, guard_events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent

_MS = timedelta(milliseconds=1)


def versions(
    connection: Connection,
    attempt: Attempt,
    happened: Sequence[RoomEvent],
    charters: Sequence[CharterInForce],
) -> dict[str, object]:
    """Consent, charter, paper and client of an attempt; None where it is not known.

    ``charters`` are the newest first. The charter is the newest that was published when the attempt ended.
    """
    until = attempt.ends_at or attempt.created_at
    in_force = [charter.version for charter in charters if charter.published_at <= until]
    seen = check_ins.find_last(connection, attempt.jti)
    given = [event.facts for event in happened if (event.source, event.code) == ("room", "paper-given")]
    return {
        "consent": attempt.consent_version,
        "charter": in_force[0] if in_force else None,
        "paper": {name: given[-1].get(name) for name in ("variant", "sha256")} if given else None,
        "client": seen and seen.build,
    }


def clocks(connection: Connection, attempt: str) -> dict[str, object]:
    """By how much the room's clock was ahead of the sender's when something arrived, in milliseconds.

    The least of many is the clocks' offset but for the quickest way over the network; what was kept while
    the network was gone makes the most.
    """
    return {
        "answers": _spread(answers.arrivals(connection, attempt)),
        "monitoring": _spread(guard_events.arrivals(connection, attempt)),
    }


def _spread(arrivals: Sequence[tuple[datetime, datetime]]) -> dict[str, int] | None:
    late = [round((received - said) / _MS) for said, received in arrivals]
    return {"count": len(late), "least_ms": min(late), "most_ms": max(late)} if late else None
