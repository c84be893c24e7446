"""Events of help requests, in the order in which they happened. Words are encrypted by the caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select

from oneseat.state.tables.help_requests import HelpEventRow


@dataclass(frozen=True)
class HelpEvent:
    """Something that happened to a request; ``called_from`` is the number that a call came from."""

    at: datetime
    act: str
    actor: str
    called_from: str | None = None
    sealed_words: bytes | None = field(default=None, repr=False)


def append(connection: Connection, exam: str, request_id: int, event: HelpEvent) -> None:
    """Append an event to a request's history."""
    row = {
        "exam": exam,
        "request_id": request_id,
        "at": event.at,
        "act": event.act,
        "actor": event.actor,
        "called_from": event.called_from,
        "sealed_words": event.sealed_words,
    }
    connection.execute(insert(HelpEventRow), row)


def list_of(connection: Connection, exam: str, request_id: int) -> list[HelpEvent]:
    """List a request's events, oldest first."""
    query = (
        select(
            HelpEventRow.at,
            HelpEventRow.act,
            HelpEventRow.actor,
            HelpEventRow.called_from,
            HelpEventRow.sealed_words,
        )
        .where(HelpEventRow.exam == exam, HelpEventRow.request_id == request_id)
        .order_by(HelpEventRow.id)
    )
    return [HelpEvent(*row) for row in connection.execute(query)]
