"""Operators' requests to free a seat whose computer lost its key; another operator decides each.

Callers lock the seat's activation first (:func:`oneseat.state.candidates.activations.lock`), so that requests
and decisions about one seat run one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from oneseat.state.tables.activation import RebindRequest


class Outcome(StrEnum):
    """What became of a request."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class OpenRequest:
    """A request that waits for its decision."""

    id: int
    reason: str
    asked_by: str
    asked_at: datetime


def find_open(connection: Connection, jti: str, now: datetime, life: timedelta) -> OpenRequest | None:
    """Return the seat's request that is neither decided nor older than ``life``, or None."""
    columns = (RebindRequest.id, RebindRequest.reason, RebindRequest.asked_by, RebindRequest.asked_at)
    query = select(*columns).where(
        RebindRequest.jti == jti, RebindRequest.outcome.is_(None), RebindRequest.asked_at > now - life
    )
    row = connection.execute(query.order_by(RebindRequest.id.desc()).limit(1)).first()
    return row and OpenRequest(*row)


def ask(connection: Connection, exam: str, jti: str, *, reason: str, operator: str, at: datetime) -> None:
    """Write a request."""
    row = {"exam": exam, "jti": jti, "reason": reason, "asked_by": operator, "asked_at": at}
    connection.execute(insert(RebindRequest), row)


def decide(
    connection: Connection, request: OpenRequest, outcome: Outcome, *, operator: str, at: datetime
) -> None:
    """Write the decision of a request."""
    decision = {"outcome": str(outcome), "decided_by": operator, "decided_at": at}
    connection.execute(update(RebindRequest).where(RebindRequest.id == request.id).values(**decision))
