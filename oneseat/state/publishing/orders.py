"""Signed orders that change an exam's sessions on the day, by their numbers; an order is never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.publishing import ExamOrder


def newest_number(connection: Connection, exam: str) -> int:
    """Return the number of an exam's newest order; 0 if there is none."""
    return connection.scalar(select(func.max(ExamOrder.number)).where(ExamOrder.exam == exam)) or 0


def tokens(connection: Connection, exam: str, after: int = 0) -> list[str]:
    """List the orders with numbers above ``after``, as they were signed, by number."""
    query = select(ExamOrder.token).where(ExamOrder.exam == exam, ExamOrder.number > after)
    return list(connection.scalars(query.order_by(ExamOrder.number)))


def find(connection: Connection, exam: str, number: int) -> str | None:
    """Return the order of a number, or None."""
    query = select(ExamOrder.token).where(ExamOrder.exam == exam, ExamOrder.number == number)
    return connection.scalar(query)


def add(connection: Connection, exam: str, number: int, token: str, at: datetime) -> bool:
    """Add an order; False if its number is taken, also by a call at the same time."""
    statement = insert_or_ignore(connection, ExamOrder, ["exam", "number"])
    row = {"exam": exam, "number": number, "token": token, "received_at": at}
    return connection.scalar(statement.returning(ExamOrder.number), row) is not None
