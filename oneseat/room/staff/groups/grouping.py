"""Says who watches which group: prepares groups, assigns their invigilators, and takes one over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from oneseat.room.refusals.staff import GroupUnknown, InvigilatorUnfit
from oneseat.room.rules.duties import Duty, may
from oneseat.room.services.watching import watched_groups as read
from oneseat.room.services.watching.watched_groups import WatchedGroup
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.accounts import operators
from oneseat.state.accounts.audit import Fact
from oneseat.state.accounts.operators import Operator
from oneseat.state.room import groups
from oneseat.state.room.groups import GroupKey
from signing.text import Text

MOST_GROUPS = 300
"""Groups of a session that can be prepared: 12,000 candidates at 40 a group."""
_NOT_ONE = Text("the two invigilators must be two persons", "两位监考员不能是同一人")
_NOT_FIT = Text("only a person with a role that watches can be assigned", "只能选择监考员、监考组长或主考")


@dataclass(frozen=True)
class Place:
    """A session: its kind and position."""

    kind: str
    position: int

    @property
    def text(self) -> str:
        """As addresses have it."""
        return f"{self.kind}-{self.position}"

    def group(self, visit: StaffVisit, number: int) -> GroupKey:
        """The key of one of the session's groups."""
        return GroupKey(visit.room.exam, self.kind, self.position, number)


def watched_groups(connection: Connection, visit: StaffVisit, place: Place) -> list[WatchedGroup]:
    """A session's groups with who is responsible for each now; those that nobody watches come first."""
    listed = read.watched_groups(connection, visit.room.exam, place.kind, place.position, visit.now)
    return sorted(listed, key=lambda each: (each.group.unwatched_since is None, each.group.number))


def fit(connection: Connection, exam: str) -> Sequence[Operator]:
    """The operators who can be assigned: not disabled, with a role that watches."""
    known = operators.list_all(connection, exam)
    return [each for each in known if each.disabled_at is None and may(each.role, Duty.WATCH)]


def prepare(visit: StaffVisit, place: Place, count: int) -> None:
    """Make groups before anybody has come, so that invigilators can be assigned; at most ``MOST_GROUPS``."""
    count = max(0, min(count, MOST_GROUPS))
    facts: dict[str, Fact] = {"session": place.text, "groups": count}
    with visit.audited("room.groups-prepared", facts) as connection:
        groups.prepare(connection, visit.room.exam, place.kind, place.position, count)


def assign(visit: StaffVisit, place: Place, number: int, first: str, second: str) -> None:
    """Give a group to a first and a second invigilator; an empty name is nobody.

    Raises:
        GroupUnknown: the session has no such group.
        InvigilatorUnfit: they are one person, or one cannot watch.
    """
    if first and first == second:
        raise InvigilatorUnfit(reason=_NOT_ONE)
    facts: dict[str, Fact] = {"session": place.text, "group": number, "first": first, "second": second}
    with visit.audited("room.group-assigned", facts) as connection:
        names = {each.name for each in fit(connection, visit.room.exam)}
        if not {first, second} - {""} <= names:
            raise InvigilatorUnfit(reason=_NOT_FIT)
        _set(connection, place.group(visit, number), first or None, second or None)


def take_over(visit: StaffVisit, place: Place, number: int) -> None:
    """Make the operator a group's first invigilator; the one who was that becomes the second.

    Raises:
        GroupUnknown: the session has no such group.
        InvigilatorUnfit: the operator's role does not watch.
    """
    if not visit.may(Duty.WATCH):
        raise InvigilatorUnfit(reason=_NOT_FIT)
    me = visit.operator.name
    facts: dict[str, Fact] = {"session": place.text, "group": number}
    with visit.audited("room.group-taken-over", facts) as connection:
        known = groups.list_of(connection, visit.room.exam, place.kind, place.position)
        before = next((each for each in known if each.number == number), None)
        if before is None:
            raise GroupUnknown
        second = before.second if before.first in {None, me} else before.first
        _set(connection, place.group(visit, number), me, None if second == me else second)


def _set(connection: Connection, key: GroupKey, first: str | None, second: str | None) -> None:
    if not groups.assign(connection, key, first, second):
        raise GroupUnknown
