"""Candidates' page of the service desk: ask for help, with or without a login, and see how it goes."""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import Portal, portal_of
from oneseat.portal.http.cookies import form_cookie_name, help_cookie_name, session_of
from oneseat.portal.http.help_boards import LIVE_INTERVAL_S, board_of, live_states
from oneseat.portal.http.picture_uploads import MAX_UPLOAD_BYTES
from oneseat.portal.http.request_address import address_of
from oneseat.portal.http.views import views_of
from oneseat.portal.pages.candidate import ExamFacts
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.download_gate import phase_at
from oneseat.portal.rules.help_rules import MAX_WORDS, Door, Reason
from oneseat.portal.services.help.pictures import AttachedPictures, read_attached
from oneseat.portal.services.help.reading import (
    REASONS,
    OwnRequest,
    latest_of_seat,
    number_words,
    read_own,
    wait_words,
)
from oneseat.portal.services.help.submitting import HelpForm, submit_for_seat, submit_unverified, withdraw
from oneseat.portal.services.login.visits import Visit, resume
from oneseat.portal.tokens.signed_values import FORM_LIFE, HELP_LIFE, form_cookie
from oneseat.state.help import requests
from oneseat.state.help.requests import HelpRequest
from oneseat.web.event_streams import Follow, streams_of
from oneseat.web.problems import headers_of, status_of
from signing import dates, service_hours
from signing.errors import OneSeatError

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, Field(max_length=100)]
Token = Annotated[str, Form(max_length=1024)]

RELOAD_S = 20
"""How often a page with an open request loads itself again, where it hears no events."""


class HelpFields(BaseModel):
    """What the form sends. A browser without scripts sends empty fields too."""

    model_config = ConfigDict(hide_input_in_errors=True)

    reason: Reason = Reason.OTHER
    callback: Typed = ""
    text_only: Typed = ""
    words: Annotated[str, Field(max_length=4 * MAX_WORDS)] = ""
    admission_number: Typed = ""
    form_token: Annotated[str, Field(max_length=1024)] = ""

    def form(self) -> HelpForm:
        """The request as the service takes it."""
        return HelpForm(self.reason, self.words, self.callback, self.text_only == "yes")


class Caller:
    """A browser at the help page: logged in, with a request of its own made without a login, or neither."""

    def __init__(self, request: Request, portal: Portal, exam: ServedExam) -> None:
        self.request, self.portal, self.exam = request, portal, exam
        self.now = portal.clock.now()
        self.visit = self._visit()

    @classmethod
    def of(cls, request: Request, exam: str) -> Self:
        """The caller of a request.

        Raises:
            ExamUnknown: the exam is not served here.
            UnderMaintenance: it is under maintenance.
        """
        portal = portal_of(request)
        return cls(request, portal, portal.exam(exam))

    def latest(self) -> HelpRequest | None:
        """The newest request that this browser may see."""
        if self.visit is not None:
            return latest_of_seat(self.exam, self.visit.seat.admission_number)
        cookie = self.request.cookies.get(help_cookie_name(self.portal, self.exam.exam))
        number = self.exam.signed_values.open_help_request(cookie, self.now)
        if number is None:
            return None
        with self.exam.database.reading() as connection:
            return requests.find(connection, self.exam.exam, number)

    def check_form(self, token: str) -> None:
        """Check the form's token (CSRF).

        Raises:
            FormExpired: it is not this browser's, or too old.
        """
        cookie = self.request.cookies.get(form_cookie_name(self.portal))
        self.exam.signed_values.check_form(token, cookie, self.now)

    def submit(self, fields: HelpFields) -> HelpRequest:
        """Submit a filled-in form.

        Raises:
            CallbackInvalid, WordsMissing: it is not complete.
            HelpLimited: there are too many requests without a login.
        """
        if self.visit is not None:
            return submit_for_seat(self.exam, self.visit.seat, fields.form(), Door.PORTAL, self.now)
        address = address_of(self.request)
        return submit_unverified(self.exam, fields.form(), fields.admission_number, address, self.now)

    def set_cookie(self, response: Response, name: str, value: str, life_s: int) -> None:
        """Set a cookie that scripts cannot read and other sites do not send."""
        secure = self.portal.settings.secure
        response.set_cookie(name, value, life_s, path="/", secure=secure, httponly=True, samesite="strict")

    def _visit(self) -> Visit | None:
        try:
            return resume(self.exam, session_of(self.request, self.exam.exam), self.now)
        except SessionMissing:
            return None


def attached_to(caller: Caller, own: OwnRequest) -> AttachedPictures | None:
    """The pictures of a request; None without a login, which takes none."""
    return None if caller.visit is None else read_attached(caller.exam, own.request, caller.now)


@router.get("/e/{exam}/help")
def help_page(request: Request, exam: str, new: str = "") -> Response:
    """The candidate's request, or the form for one. ``new`` shows the form after a closed request."""
    caller = Caller.of(request, exam)
    latest = caller.latest()
    if latest is None or (new and latest.closed_at is not None):
        return show_help(caller)
    own = read_own(caller.exam, board_of(request, caller.exam).current(caller.now), latest)
    return show_help(caller, own=own)


@router.post("/e/{exam}/help")
def ask(request: Request, exam: str, form: Annotated[HelpFields, Form()]) -> Response:
    """Submit the form and redirect to the request, or show the form again with the refusal."""
    caller = Caller.of(request, exam)
    caller.check_form(form.form_token)
    try:
        submitted = caller.submit(form)
    except PortalError as refusal:
        return show_help(caller, refusal=refusal, typed=form)
    board_of(request, caller.exam).invalidate()
    response = RedirectResponse(f"/e/{quote(exam, safe='')}/help", 303)
    if caller.visit is None:
        value = caller.exam.signed_values.help_request(submitted.number, caller.now)
        name = help_cookie_name(caller.portal, exam)
        caller.set_cookie(response, name, value, int(HELP_LIFE.total_seconds()))
    return response


@router.post("/e/{exam}/help/withdraw")
def withdraw_own(request: Request, exam: str, form_token: Token = "") -> Response:
    """Withdraw the request of this browser."""
    caller = Caller.of(request, exam)
    caller.check_form(form_token)
    latest = caller.latest()
    if latest is None:
        raise HelpRequestUnknown
    withdraw(caller.exam, latest.number, caller.now)
    board_of(request, caller.exam).invalidate()
    return RedirectResponse(f"/e/{quote(exam, safe='')}/help", 303)


@router.get("/e/{exam}/help/live")
async def live(request: Request, exam: str) -> Response:
    """The stream of this browser's request: its state, whenever it changes.

    Raises:
        HelpRequestUnknown: this browser has made no request.
        StreamsBusy: this process has as many streams as it may, or this request has.
    """
    caller = await run_in_threadpool(Caller.of, request, exam)
    latest = await run_in_threadpool(caller.latest)
    if latest is None:
        raise HelpRequestUnknown
    states = live_states(request, caller.exam)
    follow = Follow(states, lambda present: present.of(latest.number), LIVE_INTERVAL_S)
    return streams_of(request).answer("help", exam, follow, latest.number)


@router.get("/e/{exam}/help/withdraw")
def withdraw_address(exam: str) -> Response:
    """Redirects a GET of the form's target to the page."""
    return RedirectResponse(f"/e/{quote(exam, safe='')}/help", 303)


def show_help(
    caller: Caller,
    own: OwnRequest | None = None,
    refusal: OneSeatError | None = None,
    typed: HelpFields | None = None,
) -> Response:
    """The page: the caller's request, or the form for one."""
    facts = ExamFacts.of(caller.exam)
    board = board_of(caller.request, caller.exam).current(caller.now)
    cookie = caller.request.cookies.get(form_cookie_name(caller.portal)) or form_cookie()
    hours = facts.in_force.charter.support.hours
    next_opening = service_hours.next_opening(hours, caller.now)
    context: dict[str, Any] = {
        **facts.context(),
        "phase": str(phase_at(caller.now, facts.in_force.rules)),
        "form_token": caller.exam.signed_values.form_token(cookie, caller.now),
        "refusal": refusal,
        "typed": typed or HelpFields(),
        "own": own,
        "attached": None if own is None else attached_to(caller, own),
        "max_picture_bytes": MAX_UPLOAD_BYTES,
        "logged_in": caller.visit is not None,
        "reasons": REASONS,
        "max_words": MAX_WORDS,
        "reload_s": RELOAD_S if own is not None and own.is_open else 0,
        "live_state": "" if own is None else board.states.of(own.request.number),
        "call_back_from": None if next_opening is None else dates.opening(next_opening, caller.now),
        "hours_over": next_opening is None and service_hours.is_closed(hours, caller.now),
        "number_words": number_words,
        "wait_words": wait_words,
        "when": lambda moment: schedule.opening(moment.replace(second=0, microsecond=0), facts.zone),
    }
    status = 200 if refusal is None else status_of(refusal)
    response = views_of(caller.request).page(caller.request, "help.html.j2", status, **context)
    if refusal is not None and "retry-after" in headers_of(refusal):
        response.headers["retry-after"] = headers_of(refusal)["retry-after"]
    life_s = int(FORM_LIFE.total_seconds())
    caller.set_cookie(response, form_cookie_name(caller.portal), cookie, life_s)
    return response
