"""An exam's announcements in memory, read again when there is a new one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from oneseat.state.room import announcements
from oneseat.state.room.announcements import Announcement


class Announced:
    """The announcements of one exam. Threads share it; each process has one."""

    def __init__(self, exam: str) -> None:
        self._exam = exam
        self._known: Sequence[Announcement] = ()

    def upto(self, connection: Connection, newest: int) -> Sequence[Announcement]:
        """The announcements up to the number ``newest``, oldest first; a statement only where one is new."""
        if len(self._known) != newest:
            self._known = announcements.list_all(connection, self._exam)
        return self._known
