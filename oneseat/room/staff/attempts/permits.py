"""Permits a candidate to touch the phone or to leave the picture, and ends the permission."""

from __future__ import annotations

from datetime import timedelta

from oneseat.room.refusals.invigilation import ActIncomplete
from oneseat.room.rules.permissions import MINUTES, PERMITTED, Cause
from oneseat.room.services.attempts import permitting
from oneseat.room.staff.acts import act_on
from oneseat.room.staff.visits import StaffVisit
from signing.text import Text

_NOT_LISTED = Text("what is permitted, and for how long, were not chosen", "没有选择许可的内容和时长")


def permit(visit: StaffVisit, attempt_id: str, cause: str, minutes: int) -> None:
    """Open a permission for some minutes.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: cause or minutes are none of the lists.
        PermissionRefused: the candidate is not there, or has a permission already.
    """
    if cause not in PERMITTED or minutes not in MINUTES:
        raise ActIncomplete(reason=_NOT_LISTED)
    with act_on(visit, attempt_id, "room.permitted", cause=cause, minutes=minutes) as act:
        ends = visit.now + timedelta(minutes=minutes)
        permitting.open_by_invigilator(act.connection, act.attempt, Cause(cause), ends, visit.now)


def end(visit: StaffVisit, attempt_id: str) -> None:
    """End an invigilator's permission; the candidate has a minute to be back.

    Raises:
        AttemptUnknown: there is no such attempt.
        PermissionRefused: none is open.
    """
    with act_on(visit, attempt_id, "room.permission-ended") as act:
        permitting.end_by_invigilator(act.connection, act.attempt, visit.now)
