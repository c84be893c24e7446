"""Shows an operator the pictures of a help request, one at a time, each look with its audit record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk.actions import audited
from oneseat.portal.desk.visits import DeskRequest, DeskVisit
from oneseat.portal.http.picture_uploads import PictureId
from oneseat.portal.refusals.help import HelpActRefused, HelpHeldByOther, HelpRequestUnknown
from oneseat.portal.rules.help_rules import may_look
from oneseat.portal.services.help.pictures import open_picture, refuse_now
from oneseat.portal.services.help.queue_board import holding_of
from oneseat.state.accounts.operators import Role
from oneseat.state.help import pictures, requests
from oneseat.state.help.pictures import HelpPicture
from oneseat.state.help.requests import HelpRequest
from signing.session_times import answer_time_ends

router = APIRouter(include_in_schema=False)

HEADERS = {
    # Opened by itself in a tab, it runs nothing and belongs to no origin. Browsers style such a tab inline.
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    ),
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
    "content-disposition": 'inline; filename="help-request.jpg"',
}


@dataclass(frozen=True)
class ShownPictures:
    """What a request's page says about its pictures. ``not_before``: the end of the answer time that runs."""

    listed: tuple[HelpPicture, ...]
    may_look: bool
    not_before: datetime | None


def pictures_of(visit: DeskVisit, request: HelpRequest) -> ShownPictures:
    """The pictures of a request, without their contents."""
    exam = visit.exam
    with exam.database.reading() as connection:
        listed = tuple(pictures.list_of(connection, exam.exam, request.id))
    not_before = answer_time_ends(exam.charter_for_longest().charter, visit.now)
    return ShownPictures(listed, may_look(holding_of(request), visit.operator.name, visit.now), not_before)


@router.post("/desk/{exam}/help/{number}/pictures/{picture}")
def look(
    request: Request,
    exam: str,
    number: str,
    picture: PictureId,
    form_token: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    """The picture itself, as the answer to a form: no address shows it without the act.

    Raises:
        FormExpired: the form is not this browser's.
        PicturesNotNow: questions of a formal session are being answered.
        HelpRequestUnknown: there is no such request.
        HelpHeldByOther: the operator has not claimed it.
        HelpActRefused: the candidate has taken the picture away.
    """
    desk = DeskRequest.of(request, exam)
    visit = desk.visit(Role.SUPPORT)
    desk.check_form(form_token)
    content = _seen(visit, number[:16], picture)
    return Response(content, media_type="image/jpeg", headers=HEADERS)


@router.get("/desk/{exam}/help/{number}/pictures/{picture}")
def look_address(exam: str, number: str, picture: str) -> Response:  # noqa: ARG001 -- the address has it
    """Redirects a GET of a form's target to the queue."""
    return RedirectResponse(f"/desk/{exam}/help", 303)


def _seen(visit: DeskVisit, number: str, picture: int) -> bytes:
    """The decrypted picture, with the audit record of the look."""
    exam = visit.exam
    refuse_now(exam, visit.now)
    with audited(visit, "help.picture-seen", {"request": number, "picture": picture}) as connection:
        request = requests.find(connection, exam.exam, number)
        if request is None:
            raise HelpRequestUnknown
        if not may_look(holding_of(request), visit.operator.name, visit.now):
            raise HelpHeldByOther
        sealed = pictures.read_sealed(connection, exam.exam, request.id, picture)
        if sealed is None:
            raise HelpActRefused
        return open_picture(exam.pepper, exam.exam, number, sealed)
