"""Switches admission without tickets on or off: an act of two persons, in a log and in the audit log."""

from __future__ import annotations

from datetime import datetime

from oneseat.room.refusals.entry import TwoPersonsNeeded
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.room import admissions
from signing.normal_forms import is_of_two_persons


def switch(database: Database, exam: str, names: tuple[str, str], now: datetime, *, is_on: bool) -> None:
    """Switch it; every room process with this database follows at its next call.

    Raises:
        TwoPersonsNeeded: the names are not those of two persons.
    """
    if not is_of_two_persons(names):
        raise TwoPersonsNeeded
    with database.writing() as connection:
        admissions.switch(connection, exam, names, now, is_on=is_on)
        audit.append(connection, now, "command line", "room.admission", exam, {"on": is_on})
