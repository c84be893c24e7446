"""An exam's announcements in memory, read again when there is a new one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from oneseat.state.room import announcements
from oneseat.state.room.announcements import Announcement, Edition


class Announced:
    """The announcements of one exam. Threads share it; each process has one."""

    def __init__(self, exam: str) -> None:
        self._exam = exam
        self._known: tuple[Edition, Sequence[Announcement]] = (Edition(0, 0), ())

    def of(self, connection: Connection, edition: Edition) -> Sequence[Announcement]:
        """The announcements of an edition that are shown, oldest first; a statement only where it is new."""
        if self._known[0] != edition:
            listed = announcements.list_all(connection, self._exam)
            self._known = edition, [each for each in listed if each.ended_at is None]
        return self._known[1]

    @property
    def last(self) -> Sequence[Announcement]:
        """Those that were read last, without a statement."""
        return self._known[1]
