"""Does one act for a pasted list of candidates, each in a transaction of its own, with a result per line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from oneseat.portal.desk import pages
from oneseat.portal.desk.actions import ALLOWED_HOURS, SeatActions, find_seat
from oneseat.portal.desk.audit_page import masked
from oneseat.portal.desk.forms import Typed, TypedToken, verify_form
from oneseat.portal.desk.justification import REASONS, Justification
from oneseat.portal.desk.visits import DeskRequest, DeskVisit
from oneseat.portal.errors import PortalError, SeatNotFound
from oneseat.portal.refusals.desk import BulkTooLong, OrderInvalid
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import seat_lookup
from signing.errors import OneSeatError
from signing.normal_forms import normalise_admission_number
from signing.text import Text

router = APIRouter(include_in_schema=False)

MAX_LINES = 500

ACTS: dict[str, tuple[Text, Callable[[SeatActions, int], None]]] = {
    "allow": (Text("Let download late", "允许逾期下载"), lambda order, hours: order.allow(hours)),
    "reset": (Text("Forget failed attempts", "重置验证次数"), lambda order, _: order.reset()),
    "log-out": (Text("Log out everywhere", "退出登录"), lambda order, _: order.log_out()),
    "reissue": (Text("Issue anew", "重新签发"), lambda order, _: order.reissue()),
}
"""The acts that can be done for many; moving and revoking need a look at each candidate."""


class BulkForm(BaseModel):
    """What the form for a list sends."""

    model_config = ConfigDict(hide_input_in_errors=True)

    numbers: Annotated[str, StringConstraints(max_length=16 * 1024)] = ""
    act: Typed = ""
    hours: int = 0
    note: Annotated[str, StringConstraints(max_length=1000)] = ""
    confirmed: Typed = ""
    form_token: TypedToken = ""


@dataclass(frozen=True)
class LineResult:
    """What became of one line: the number, masked, its seat if there is one, and a refusal."""

    line: int
    number: str
    jti: str | None
    refusal: OneSeatError | None


@router.get("/desk/{exam}/bulk")
def bulk_page(request: Request, exam: str) -> Response:
    """The form for a list."""
    return show_bulk(request, DeskRequest.of(request, exam).visit(Role.ADMIN))


def show_bulk(
    request: Request,
    visit: DeskVisit,
    results: list[LineResult] | None = None,
    refusal: OneSeatError | None = None,
) -> Response:
    """The form, with the results of a list that was done."""
    facts = {
        "results": results,
        "failed": sum(1 for result in results or () if result.refusal is not None),
        "acts": {act: words for act, (words, _) in ACTS.items()},
        "reasons": REASONS,
        "hours": ALLOWED_HOURS,
        "most": MAX_LINES,
    }
    return pages.show(request, visit.desk, "desk/bulk.html.j2", refusal, visit, **facts)


@router.post("/desk/{exam}/bulk")
def bulk(
    request: Request,
    exam: str,
    form: Annotated[BulkForm, Form()],
) -> Response:
    """Do the act for each line; a line that is refused keeps no other from being done."""
    visit = verify_form(request, exam, form.form_token, Role.ADMIN)
    try:
        lines = _lines(form.numbers)
        if form.act not in ACTS or form.confirmed != "yes":
            raise OrderInvalid(what=Text("the confirmation is not ticked", "未勾选确认"))
        if form.act == "allow" and form.hours not in ALLOWED_HOURS:
            raise OrderInvalid(
                what=Text("the number of hours is not one that is offered", "时长不在可选范围内")
            )
        justification = Justification.of(form.act, "other" if form.note else "", form.note)
    except PortalError as refusal:
        return show_bulk(request, visit, refusal=refusal)
    results = [_do(visit, form, justification, place, number) for place, number in enumerate(lines, 1)]
    return show_bulk(request, visit, results)


def _lines(pasted: str) -> list[str]:
    """The numbers of a list, each once, in its order.

    Raises:
        BulkTooLong: there are none, or more than :data:`MAX_LINES`.
    """
    typed = (normalise_admission_number(line.replace("\0", "")) for line in pasted.splitlines())
    lines = list(dict.fromkeys(number for number in typed if number))
    if not 1 <= len(lines) <= MAX_LINES:
        raise BulkTooLong(count=len(lines), most=MAX_LINES)
    return lines


def _do(
    visit: DeskVisit, form: BulkForm, justification: Justification, place: int, number: str
) -> LineResult:
    jti = None
    try:
        jti = _jti_of(visit, number)
        ACTS[form.act][1](SeatActions(visit, find_seat(visit, jti), justification), form.hours)
    except PortalError as refusal:
        return LineResult(place, masked(number), jti, refusal)
    return LineResult(place, masked(number), jti, None)


def _jti_of(visit: DeskVisit, number: str) -> str:
    with visit.exam.database.reading() as connection:
        seat = seat_lookup.seat_by_number(connection, visit.exam.exam, number)
    if seat is None:
        raise SeatNotFound
    return seat.published_jti or seat.jti
