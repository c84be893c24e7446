"""The declarative base and the column types of all tables. Times are microseconds since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970: exact and sortable in every database.

    Raises:
        ValueError: a time without an offset is stored.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("only aware times are stored")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        return None if value is None else instant(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        """As :meth:`process_result_value`, without a call in between: a room reads a dozen in each call."""
        return _moment


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _MICROSECOND


def instant(microseconds: int) -> datetime:
    """Convert microseconds since 1970 to a UTC datetime."""
    return _EPOCH + microseconds * _MICROSECOND


class Base(DeclarativeBase):
    """The declarative base, with constraint names that both databases agree on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


ExamId = String(64)
AdmissionNumber = String(64)
Jti = String(32)
Sha256Hex = String(64)
# SQLite auto-increments only columns of type INTEGER.
SerialId = BigInteger().with_variant(Integer, "sqlite")


class Mark(Base):
    """A fact about the whole database, such as that it is for rehearsals."""

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
