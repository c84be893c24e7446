"""Caches the form of an exam's admission numbers, so that a mistyped one is noticed before it is looked up.

The cache belongs to one release. A number that fits it is accepted without a query; one that does not fit is
compared again after the cache was brought up to date, so that numbers of a newer release are never refused.
"""

from __future__ import annotations

from sqlalchemy import Connection

from oneseat.portal.rules.identity_shape import NumberForm
from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.publishing import releases
from signing.text import Text


class NumberFormCache:
    """The form of one exam's admission numbers, read once for each release."""

    def __init__(self, database: Database, exam: str) -> None:
        self._database = database
        self._exam = exam
        self._cached: NumberForm | None = None
        self._release: int | None = None

    def of_release(self, connection: Connection, release: int | None) -> NumberForm | None:
        """The form under the current release, or None while no seat was issued.

        Reads all seats, once for each release.
        """
        if self._cached is None or release != self._release:
            found = seats.number_form(connection, self._exam)
            self._cached = None if found is None else NumberForm(*found)
            self._release = release
        return self._cached

    def fault(self, admission_number: str) -> Text | None:
        """What makes a typed number differ from all numbers of the exam, or None."""
        cached = self._cached
        if cached is not None and cached.fault(admission_number) is None:
            return None
        with self._database.reading() as connection:
            current = self.of_release(connection, releases.current_id(connection, self._exam))
        return None if current is None else current.fault(admission_number)
