"""Handles operators' forms: verifies the form token, acts, and redirects (POST/redirect/GET)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk import actions, pages, previews, rebinding
from oneseat.portal.desk.actions import SeatActions, find_seat
from oneseat.portal.desk.csv_export import csv_answer
from oneseat.portal.desk.justification import Justification
from oneseat.portal.desk.login import Credentials, log_in, log_out
from oneseat.portal.desk.search import search
from oneseat.portal.desk.visits import DeskRequest, DeskVisit, charter_in_force, wall_time, zone_of
from oneseat.portal.errors import PortalError
from oneseat.portal.http.request_address import address_of
from oneseat.portal.refusals.desk import CharterRefused, DeskSessionMissing, OrderInvalid
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state import figures
from oneseat.state.accounts.operators import Role
from oneseat.web.refusals import PageUnknown
from signing.jws import MAX_CHARTER_BYTES
from signing.text import Text

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, StringConstraints(max_length=200)]
TypedToken = Annotated[str, StringConstraints(max_length=1024)]
Field = Annotated[str, Form(max_length=200)]
Token = Annotated[str, Form(max_length=1024)]


class LoginForm(BaseModel):
    """What the login form sends."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Typed = ""
    password: Typed = ""
    code: Typed = ""
    answer: Typed = ""
    challenge: TypedToken = ""
    form_token: TypedToken = ""

    def credentials(self) -> Credentials:
        """The credentials as typed, with the answer to a question if one was asked and answered."""
        asked = self.challenge and self.answer.strip()
        reply = ChallengeReply(self.challenge, self.answer) if asked else None
        return Credentials(self.name, self.password, self.code, reply)


class OrderForm(BaseModel):
    """What the form of an action on one seat sends."""

    model_config = ConfigDict(hide_input_in_errors=True)

    hours: int = 0
    confirmed: Typed = ""
    why: Typed = ""
    note: Annotated[str, StringConstraints(max_length=1000)] = ""
    form_token: TypedToken = ""


SEAT_ACTIONS: dict[str, tuple[Role, Callable[[SeatActions, OrderForm], None]]] = {
    "move": (Role.SUPPORT, lambda order, _: order.move()),
    "rebind": (Role.SUPPORT, lambda order, _: rebinding.ask(order)),
    "rebind-approve": (Role.SUPPORT, lambda order, _: rebinding.approve(order)),
    "rebind-refuse": (Role.SUPPORT, lambda order, _: rebinding.refuse(order)),
    "reissue": (Role.SUPPORT, lambda order, _: order.reissue()),
    "allow": (Role.SUPPORT, lambda order, form: order.allow(form.hours)),
    "reset": (Role.SUPPORT, lambda order, _: order.reset()),
    "log-out": (Role.SUPPORT, lambda order, _: order.log_out()),
    "revoke": (Role.ADMIN, lambda order, _: order.revoke()),
}
"""The actions on one seat, with the role that each needs."""

_MUST_CONFIRM = {"move", "revoke", "reissue", "rebind", "rebind-approve"}


@router.post("/desk/{exam}/login")
def login(request: Request, exam: str, form: Annotated[LoginForm, Form()]) -> Response:
    """Log in, or show the login page again with the refusal."""
    desk = DeskRequest.of(request, exam)
    desk.check_form(form.form_token)
    origin = Origin(address_of(request), browser=desk.browser)
    try:
        opened = log_in(desk.exam, form.credentials(), origin, desk.now, wall_time(desk.portal))
    except PortalError as refusal:
        return pages.show_login(request, desk, refusal)
    response = RedirectResponse(desk.home, 303)
    desk.set_session_cookie(response, opened.session)
    desk.set_browser_cookie(response, opened.browser)
    return response


@router.post("/desk/{exam}/logout")
def logout(request: Request, exam: str, form_token: Token = "") -> Response:
    """Log out: delete the session's cookie and its record."""
    desk = DeskRequest.of(request, exam)
    desk.check_form(form_token)
    log_out(desk.exam, desk.any_visit().operator, desk.token, desk.now)
    response = RedirectResponse(f"{desk.home}login", 303)
    desk.delete_session_cookie(response)
    return response


@router.post("/desk/{exam}/candidate")
def candidate(request: Request, exam: str, admission_number: Field = "", form_token: Token = "") -> Response:
    """Find seats, and go to the page of the only one that fits, or list those that do."""
    visit = verify_form(request, exam, form_token, Role.VIEWER)
    try:
        result = search(visit, admission_number)
    except PortalError as refusal:
        return pages.show_overview(request, visit, refusal)
    if len(result.matches) > 1:
        return pages.show_matches(request, visit, result)
    return RedirectResponse(f"{visit.desk.home}seats/{result.matches[0].jti}", 303)


@router.post("/desk/{exam}/not-downloaded.csv")
def not_downloaded(request: Request, exam: str, form_token: Token = "") -> Response:
    """Admission numbers without a download, as CSV with a byte order mark for spreadsheets."""
    visit = verify_form(request, exam, form_token, Role.SUPPORT)
    with actions.audited(visit, "missing.exported", {}):
        pass
    headers = pages.attachment(f"not-downloaded-{exam}", visit.now, "csv")
    return csv_answer(("准考证号", "状态"), _missing_rows(visit), headers)


def _missing_rows(visit: DeskVisit) -> Iterator[tuple[str, str]]:
    with visit.exam.database.reading() as connection:
        for number, begun in figures.not_downloaded(connection, visit.exam.exam):
            yield number, "未完成" if begun else "未下载"


@router.post("/desk/{exam}/seats/{jti}/{act}")
def seat_order(
    request: Request, exam: str, jti: str, act: str, form: Annotated[OrderForm, Form()]
) -> Response:
    """Run an action on one seat.

    Raises:
        PageUnknown: there is no action of that name.
    """
    if act not in SEAT_ACTIONS:
        raise PageUnknown
    needed, do = SEAT_ACTIONS[act]
    visit = verify_form(request, exam, form.form_token, needed)
    try:
        if act in _MUST_CONFIRM and form.confirmed != "yes":
            raise OrderInvalid(what=Text("the confirmation is not ticked", "未勾选确认"))
        justification = Justification.of(act, form.why, form.note)
        do(SeatActions(visit, find_seat(visit, jti), justification), form)
    except PortalError as refusal:
        return pages.show_seat(request, visit, jti, refusal)
    return RedirectResponse(f"{visit.desk.home}seats/{jti}?done={act}", 303)


@router.get("/desk/{exam}/seats/{jti}/{act}")
def seat_order_address(exam: str, jti: str, act: str) -> Response:  # noqa: ARG001 -- the address has it
    """Redirects a GET of a seat form's target to the seat."""
    return RedirectResponse(f"/desk/{exam}/seats/{jti}", 303)


@router.post("/desk/{exam}/charter")
def charter(
    request: Request,
    exam: str,
    form_token: Token = "",
    file: Annotated[UploadFile | None, File()] = None,
    token: Annotated[str, Form(max_length=MAX_CHARTER_BYTES)] = "",
    ordered_by: Field = "",
) -> Response:
    """Show what an uploaded charter changes; publish the one that comes back from that page."""
    visit = verify_form(request, exam, form_token, Role.ADMIN)
    try:
        if not token:
            return _preview_charter(request, visit, _uploaded(file))
        actions.publish_charter(visit, token, ordered_by)
    except PortalError as refusal:
        return pages.show_settings(request, visit, refusal)
    return RedirectResponse(f"{visit.desk.home}settings?done=charter", 303)


def _preview_charter(request: Request, visit: DeskVisit, token: str) -> Response:
    charter = actions.check_charter(visit, token)
    in_force = charter_in_force(visit.exam)
    before = None if in_force is None else in_force.charter
    return pages.show_charter_preview(request, visit, previews.preview(before, charter, token))


def _uploaded(file: UploadFile | None) -> str:
    content = b"" if file is None else file.file.read(MAX_CHARTER_BYTES + 1)
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError:
        raise CharterRefused(
            reason=Text("the file is not a signed charter", "该文件不是已签署的规程")
        ) from None


@router.post("/desk/{exam}/maintenance")
def maintenance(  # noqa: PLR0917 -- the fields of its form
    request: Request,
    exam: str,
    rest: Field = "",
    back_at: Field = "",
    confirmed: Field = "",
    ordered_by: Field = "",
    form_token: Token = "",
) -> Response:
    """Show what maintenance will do, start it once that is confirmed, or end it."""
    visit = verify_form(request, exam, form_token, Role.ADMIN)
    try:
        if rest == "yes":
            zone = zone_of(charter_in_force(visit.exam))
            until = actions.parse_local_time(back_at, zone)
            if confirmed != "yes":
                actions.check_maintenance(visit, until)
                return pages.show_maintenance_preview(request, visit, until, back_at)
            actions.start_maintenance(visit, until, ordered_by)
        else:
            actions.end_maintenance(visit)
    except PortalError as refusal:
        return pages.show_settings(request, visit, refusal)
    return RedirectResponse(f"{visit.desk.home}settings?done={'rest' if rest == 'yes' else 'open'}", 303)


def verify_form(request: Request, exam: str, form_token: str, needed: Role) -> DeskVisit:
    """The visit of a posted form. The session is checked first: an expired one leads to the login page.

    Raises:
        DeskSessionMissing: there is no session, or it has ended.
        RoleTooLow: the operator's role does not cover ``needed``.
        FormExpired: the form is another browser's or login's, or has expired.
    """
    desk = DeskRequest.of(request, exam)
    if not desk.token:
        raise DeskSessionMissing
    visit = desk.visit(needed)
    desk.check_form(form_token)
    return visit
