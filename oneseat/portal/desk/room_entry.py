"""The way of a logged-in operator from the desk to the pages of the exam room: an entry that is good once.

The room checks no password. It gets the entry by a form that the operator submits, within minutes.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from oneseat.portal.desk import pages
from oneseat.portal.desk.visits import DeskRequest, charter_in_force
from oneseat.portal.http.request_policy import POLICIES
from oneseat.state.accounts import operators
from oneseat.web.refusals import PageUnknown

STAFF_ENTRY = "/staff/enter"
REFERRER_POLICY = "strict-origin"
_POLICY = "content-security-policy"

router = APIRouter(include_in_schema=False)


@router.get("/desk/{exam}/room")
def room_page(request: Request, exam: str) -> Response:
    """A page whose button opens the operators' pages of the exam room.

    Raises:
        PageUnknown: the exam has no room of this project's.
        DeskSessionMissing: there is no session, or it has ended.
    """
    visit = DeskRequest.of(request, exam).any_visit()
    in_force = charter_in_force(visit.exam)
    room = None if in_force is None else in_force.charter.exam_room
    if room is None or not room.is_own:
        raise PageUnknown
    with visit.exam.database.writing() as connection:
        host = request.url.hostname or ""
        entry = operators.open_entry(connection, exam, visit.operator.name, visit.now, host)
    facts = {"entry": entry, "action": f"{room.api}{STAFF_ENTRY}", "section": "room"}
    response = pages.show(request, visit.desk, "desk/room.html.j2", None, visit, **facts)
    # The form leads to another origin, and only this page's may.
    response.headers[_POLICY] = POLICIES[_POLICY].replace("form-action", f"form-action {room.api}")
    # The room takes the form from the desk's own pages. Under no-referrer its origin would be "null".
    response.headers["referrer-policy"] = REFERRER_POLICY
    return response
