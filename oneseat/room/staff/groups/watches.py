"""Takes in the beats of operators' open pages, and says who is responsible for each of their groups."""

from __future__ import annotations

from oneseat.room.rules.watching import SILENT_AFTER
from oneseat.room.staff.groups import grouping
from oneseat.room.staff.groups.grouping import Place
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import groups, watches


def beat(visit: StaffVisit, place: Place) -> dict[str, object]:
    """Record that the operator watches own groups of a session now.

    Return, for the page, each own group with who is responsible for it.
    """
    room, name = visit.room, visit.operator.name
    with room.database.reading() as connection:
        mine = [
            each.number
            for each in groups.list_of(connection, room.exam, place.kind, place.position)
            if each.has(name)
        ]
    if mine:
        with room.database.writing() as connection:
            for number in mine:
                watches.record(connection, place.group(visit, number), name, visit.now, SILENT_AFTER)
    with room.database.reading() as connection:
        shown = grouping.watched_groups(connection, visit, place)
    return {
        "groups": [
            {"number": each.group.number, "place": each.now.place.value, "operator": each.now.operator}
            for each in shown
            if each.group.number in mine
        ]
    }
