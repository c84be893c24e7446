"""What operators send: each form is held against its page, done, and led to a page that may be reloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk import acts, pages
from oneseat.portal.desk.acts import SeatOrder, find_seat
from oneseat.portal.desk.login import Credentials, log_in, log_out
from oneseat.portal.desk.visits import DeskVisit, Door, charter_in_force, wall_time, zone_of
from oneseat.portal.errors import PortalError
from oneseat.portal.http.request_address import address_of
from oneseat.portal.refusals.desk import CharterRefused, DeskSessionMissing, OrderInvalid
from oneseat.portal.refusals.http import PageUnknown
from oneseat.state.accounts.operators import Role
from signing.binding import normalise_admission_number
from signing.jws import MAX_CHARTER_BYTES
from signing.text import Text

router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form(max_length=200)]
Token = Annotated[str, Form(max_length=1024)]

SEAT_ORDERS: dict[str, tuple[Role, Callable[[SeatOrder, int], None]]] = {
    "move": (Role.SUPPORT, lambda order, _: order.move()),
    "reissue": (Role.SUPPORT, lambda order, _: order.reissue()),
    "allow": (Role.SUPPORT, lambda order, hours: order.allow(hours)),
    "reset": (Role.SUPPORT, lambda order, _: order.reset()),
    "revoke": (Role.ADMIN, lambda order, _: order.revoke()),
}
"""What may be done for one seat, by whom."""

_MUST_CONFIRM = {"move", "revoke", "reissue"}


@router.post("/desk/{exam}/login")
def login(
    request: Request,
    exam: str,
    name: Field = "",
    password: Field = "",
    code: Field = "",
    form_token: Token = "",
) -> Response:
    """Log in, or come back to the door with the reason."""
    door = Door.of(request, exam)
    door.check_form(form_token)
    typed = Credentials(name, password, code)
    try:
        token = log_in(door.exam, typed, address_of(request), door.now, wall_time(door.portal))
    except PortalError as refusal:
        return pages.door_page(request, door, refusal)
    response = RedirectResponse(door.home, 303)
    door.keep_session(response, token)
    return response


@router.post("/desk/{exam}/logout")
def logout(request: Request, exam: str, form_token: Token = "") -> Response:
    """End the session, here and in the state."""
    door = Door.of(request, exam)
    door.check_form(form_token)
    log_out(door.exam, door.visit().operator, door.token, door.now)
    response = RedirectResponse(f"{door.home}login", 303)
    door.drop_session(response)
    return response


@router.post("/desk/{exam}/candidate")
def candidate(request: Request, exam: str, admission_number: Field = "", form_token: Token = "") -> Response:
    """Find a seat by its admission number, and go to its page."""
    visit = _sent(request, exam, form_token, Role.VIEWER)
    try:
        seat = find_seat(visit, number=normalise_admission_number(admission_number))
    except PortalError as refusal:
        return pages.show_overview(request, visit, refusal)
    return RedirectResponse(f"{visit.door.home}seats/{seat.jti}", 303)


@router.post("/desk/{exam}/seats/{jti}/{act}")
def seat_order(  # noqa: PLR0917 -- FastAPI gives them by name
    request: Request,
    exam: str,
    jti: str,
    act: str,
    hours: Annotated[int, Form()] = 0,
    confirmed: Field = "",
    form_token: Token = "",
) -> Response:
    """Do something for one seat.

    Raises:
        PageUnknown: nothing of that name is done to seats.
    """
    if act not in SEAT_ORDERS:
        raise PageUnknown
    needed, do = SEAT_ORDERS[act]
    visit = _sent(request, exam, form_token, needed)
    try:
        if act in _MUST_CONFIRM and confirmed != "yes":
            raise OrderInvalid(what=Text("the confirmation is not ticked", "未勾选确认"))
        do(SeatOrder(visit, find_seat(visit, jti=jti)), hours)
    except PortalError as refusal:
        return pages.show_seat(request, visit, jti, refusal)
    return RedirectResponse(f"{visit.door.home}seats/{jti}?done={act}", 303)


@router.get("/desk/{exam}/seats/{jti}/{act}")
def seat_order_address(exam: str, jti: str, act: str) -> Response:  # noqa: ARG001 -- the address has it
    """Where a seat's forms are sent to leads back to the seat."""
    return RedirectResponse(f"/desk/{exam}/seats/{jti}", 303)


@router.post("/desk/{exam}/charter")
def charter(
    request: Request,
    exam: str,
    form_token: Token = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Put an uploaded charter in force."""
    visit = _sent(request, exam, form_token, Role.ADMIN)
    try:
        acts.publish_charter(visit, _uploaded(file))
    except PortalError as refusal:
        return pages.show_settings(request, visit, refusal)
    return RedirectResponse(f"{visit.door.home}settings?done=charter", 303)


def _uploaded(file: UploadFile | None) -> str:
    content = b"" if file is None else file.file.read(MAX_CHARTER_BYTES + 1)
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError:
        raise CharterRefused(
            reason=Text("the file is not a signed charter", "该文件不是已签署的规程")
        ) from None


@router.post("/desk/{exam}/maintenance")
def maintenance(
    request: Request, exam: str, rest: Field = "", back_at: Field = "", form_token: Token = ""
) -> Response:
    """Let the exam's portal rest, or open it again."""
    visit = _sent(request, exam, form_token, Role.ADMIN)
    try:
        if rest == "yes":
            zone = zone_of(charter_in_force(visit.exam))
            acts.start_maintenance(visit, acts.typed_time(back_at, zone))
        else:
            acts.end_maintenance(visit)
    except PortalError as refusal:
        return pages.show_settings(request, visit, refusal)
    return RedirectResponse(f"{visit.door.home}settings?done={'rest' if rest == 'yes' else 'open'}", 303)


def _sent(request: Request, exam: str, form_token: str, needed: Role) -> DeskVisit:
    """The visit that a form belongs to; the session comes first, so that a lapsed one leads to the door."""
    door = Door.of(request, exam)
    if not door.token:
        raise DeskSessionMissing
    visit = door.visit(needed)
    door.check_form(form_token)
    return visit
