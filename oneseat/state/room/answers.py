"""Answers: an append-only hash chain per attempt, whose head lies in the attempt's row."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from oneseat.state.room.attempts import Attempt
from oneseat.state.tables.room import RoomAnswerRow, RoomAttemptRow


@dataclass(frozen=True)
class Answer:
    """One answer. ``value`` is JSON text, ``late`` whether it arrived after the attempt's end."""

    attempt: str
    sequence: int
    exam: str
    question: str
    previous: bytes
    hash: bytes
    value: str = field(repr=False)
    made_at: datetime
    received_at: datetime
    late: bool


class Appended(Enum):
    """What became of an answer that was offered."""

    ADDED = "added"
    KNOWN = "known"
    """The same answer was added before; that one stays, with its time."""
    NOT_NEXT = "not next"
    """It does not follow the chain's head, or another answer has its place."""


_COLUMNS = tuple(getattr(RoomAnswerRow, member.name) for member in fields(Answer))


def append(
    connection: Connection, attempt: Attempt, answer: Answer, genesis: bytes
) -> tuple[Appended, Answer | None]:
    """Append an answer to the chain of an attempt that this transaction has locked.

    ``genesis`` is what the first answer follows. Returned is the answer that has the place, if any.
    """
    known = find(connection, attempt.id, answer.sequence)
    if known is not None:
        return (Appended.KNOWN if known.hash == answer.hash else Appended.NOT_NEXT), known
    if answer.previous != (attempt.answers_head or genesis) or answer.sequence != _next(connection, attempt):
        return Appended.NOT_NEXT, None
    connection.execute(insert(RoomAnswerRow), {**asdict(answer), "late": int(answer.late)})
    head = update(RoomAttemptRow).where(RoomAttemptRow.id == attempt.id).values(answers_head=answer.hash)
    connection.execute(head)
    return Appended.ADDED, answer


def find(connection: Connection, attempt: str, sequence: int) -> Answer | None:
    """Return the answer at a place of the chain, or None."""
    row = connection.execute(_of(attempt).where(RoomAnswerRow.sequence == sequence)).first()
    return None if row is None else _answer(row)


def find_last(connection: Connection, attempt: str) -> Answer | None:
    """Return the chain's last answer, or None."""
    query = _of(attempt).order_by(RoomAnswerRow.sequence.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _answer(row)


def list_of(connection: Connection, attempt: str) -> list[Answer]:
    """List an attempt's answers in the order of the chain."""
    return [_answer(row) for row in connection.execute(_of(attempt).order_by(RoomAnswerRow.sequence))]


def arrivals(connection: Connection, attempt: str) -> list[tuple[datetime, datetime]]:
    """When each answer was made by the page's word, and when it arrived."""
    query = select(RoomAnswerRow.made_at, RoomAnswerRow.received_at).where(RoomAnswerRow.attempt == attempt)
    return [(made, received) for made, received in connection.execute(query)]


def _next(connection: Connection, attempt: Attempt) -> int:
    """The next place: 1 for the first answer. Without a head there are none, and no query is needed."""
    if attempt.answers_head is None:
        return 1
    last = select(RoomAnswerRow.sequence).where(RoomAnswerRow.attempt == attempt.id)
    return (connection.scalar(last.order_by(RoomAnswerRow.sequence.desc()).limit(1)) or 0) + 1


def _of(attempt: str) -> Select[Any]:
    return select(*_COLUMNS).where(RoomAnswerRow.attempt == attempt)


def _answer(row: Any) -> Answer:  # noqa: ANN401 -- a row of the columns above
    return replace(Answer(*row), late=bool(row.late))
