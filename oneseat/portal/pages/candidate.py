"""Candidates' pages without a login: before the window, login, after it, and refusals; login and logout."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.field_faults import FieldFault
from oneseat.portal.http.application import Portal, portal_of
from oneseat.portal.http.cookies import (
    browser_cookie_name,
    form_cookie_name,
    session_cookie_name,
    session_of,
    wish_cookie_name,
)
from oneseat.portal.http.request_address import address_of
from oneseat.portal.http.timing import with_minimum_duration
from oneseat.portal.http.views import Countdown, views_of
from oneseat.portal.pages.exam_list import listed
from oneseat.portal.pages.state_words import LABELS, words_of
from oneseat.portal.refusals.exam import NothingPublished
from oneseat.portal.refusals.login import (
    AddressBusy,
    IdentityMalformed,
    LimitOutOfReach,
    LoginRefused,
    SeatThrottled,
    SessionMissing,
)
from oneseat.portal.rules.candidate_stages import Action, Stage
from oneseat.portal.rules.candidate_state import CandidateState, ExamCondition, candidate_state
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.download_gate import phase_at
from oneseat.portal.rules.identity_shape import (
    ADMISSION_NUMBER,
    ID_NUMBER,
    NAME,
    NumberForm,
    faults_in_identity,
)
from oneseat.portal.services.login.gate_refusals import refuse_before
from oneseat.portal.services.login.identity import Identity, IdentityClaim, recorded
from oneseat.portal.services.login.login_attempt import known_browser_cookie
from oneseat.portal.services.login.visits import Visit, end_sessions, resume
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.portal.tokens.signed_values import FORM_LIFE, KNOWN_BROWSER_LIFE, SESSION_LIFE, form_cookie
from oneseat.state.publishing import releases
from oneseat.web.page_route import PageRoute
from oneseat.web.problems import headers_of, status_of
from oneseat.web.qr import qr_svg
from oneseat.web.refusals import PageUnknown
from signing.errors import OneSeatError
from signing.text import Text

router = APIRouter(include_in_schema=False, route_class=PageRoute)

SameSite = Literal["lax", "strict"]
Token = Annotated[str, Form(max_length=1024)]
Typed = Annotated[str, Field(max_length=100)]
_NOT_LOGGED_IN = (SessionMissing,)
_TRIED_AGAIN = (IdentityMalformed, LoginRefused, SeatThrottled, AddressBusy, LimitOutOfReach)
"""Refusals after which the login form keeps what was typed. The others are about a seat."""


class LoginForm(BaseModel):
    """What the login form sends. After a refusal the form is shown again with what was typed."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Typed = ""
    id_number: Typed = ""
    admission_number: Typed = ""
    answer: Typed = ""
    challenge: Annotated[str, Field(max_length=1024)] = ""
    form_token: Annotated[str, Field(max_length=1024)] = ""

    def typed(self) -> dict[str, str]:
        """What was typed into the three fields, to be shown in them again."""
        return {field: getattr(self, field) for field in (NAME, ID_NUMBER, ADMISSION_NUMBER)}

    def identity(self) -> Identity:
        """The identity as typed."""
        return Identity(self.name, self.id_number, self.admission_number)

    def reply(self) -> ChallengeReply | None:
        """The answer to a question, if one was asked and answered."""
        return ChallengeReply(self.challenge, self.answer) if self.challenge and self.answer.strip() else None


@dataclass(frozen=True)
class ExamFacts:
    """What every page about an exam says, ready for the templates."""

    exam: ServedExam
    in_force: CharterInForce
    released: bool = True
    number_form: NumberForm | None = None

    @classmethod
    def of(cls, exam: ServedExam) -> ExamFacts:
        """The facts of the charter in force and of the current release, in one transaction."""
        with exam.database.reading() as connection:
            in_force = exam.charter_in(connection)
            release = releases.current_id(connection, exam.exam)
            form = exam.number_form.of_release(connection, release)
            return cls(exam, in_force, release is not None, form)

    def visitor_state(self, now: datetime) -> CandidateState:
        """The state of somebody who is not logged in."""
        return candidate_state(now, self.in_force.calendar, ExamCondition(released=self.released), None)

    @property
    def zone(self) -> ZoneInfo:
        """The exam's own clock."""
        return self.in_force.zone

    def _incidents(self) -> list[tuple[str, Text]]:
        """What operators announce to all candidates, each with its time in words."""
        return [
            (incident.words, schedule.opening(incident.opened_at.replace(second=0, microsecond=0), self.zone))
            for incident in self.exam.incidents.current()
        ]

    def context(self) -> dict[str, Any]:
        """As template variables."""
        charter = self.in_force.charter
        return {
            "charter": charter,
            "incidents": self._incidents(),
            "home": f"/e/{charter.exam}/",
            "short_code": self.exam.signed_values.short_code,
            "schedule": schedule.in_words(charter),
            "marked": schedule.marked,
            "zone_words": schedule.zone_words(charter),
            "window_words": schedule.span(charter.download, self.zone),
            "opens_words": schedule.opening(charter.download.opens, self.zone),
            "closes_words": schedule.deadline(charter.download.closes, self.zone),
            "software": {
                role: [
                    software
                    for software in charter.catalogue
                    if (software.role, software.action) == (role, "block")
                ]
                for role in ("antivirus", "chat", "remote")
            },
        }


@router.get("/")
def start(request: Request) -> Response:
    """The only exam, or a list of them."""
    portal = portal_of(request)
    if len(portal.exams) == 1:
        return RedirectResponse(f"/e/{next(iter(portal.exams))}/", 303)
    return views_of(request).page(request, "exams.html.j2", **listed(_charters(portal), portal.clock.now()))


def _charters(portal: Portal) -> list[CharterInForce]:
    """The charters of all exams that have one: an exam that is not published yet hides no other.

    Raises:
        NothingPublished: no exam has a charter.
    """
    found = []
    for exam in portal.exams.values():
        with contextlib.suppress(NothingPublished):
            found.append(exam.charter())
    if not found:
        raise NothingPublished
    return found


@router.get("/e/{exam}/")
def exam_page(request: Request, exam: str) -> Response:
    """The exam's page for the window's phase, or a redirect to the download for a logged-in candidate."""
    portal = portal_of(request)
    served = portal.exam(exam)
    if _current_visit(request, served) is not None:
        return RedirectResponse(f"/e/{exam}/download", 303)
    return _exam_page(request, ExamFacts.of(served))


def _current_visit(request: Request, exam: ServedExam) -> Visit | None:
    """The visit of the request's session, or None without a valid one."""
    try:
        return resume(exam, session_of(request, exam.exam), portal_of(request).clock.now())
    except _NOT_LOGGED_IN:
        return None


def _exam_page(
    request: Request,
    facts: ExamFacts,
    refusal: OneSeatError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The page of a visitor's state, with a login form where somebody can log in.

    ``typed`` fills the form. It is what this very request sent with a valid form token. The page is not
    cached, and no address carries it.
    """
    now = portal_of(request).clock.now()
    state = facts.visitor_state(now)
    deadline = state.deadline
    context: dict[str, Any] = {
        **facts.context(),
        "phase": str(phase_at(now, facts.in_force.rules)),
        "state": state,
        "refusal": refusal,
        "countdown": Countdown.between(now, deadline.at) if deadline else None,
        "count_label": LABELS[deadline.kind] if deadline else None,
    }
    if state.action is not Action.LOG_IN:
        return _page(request, _WITHOUT_LOGIN[state.stage], refusal, context | _plain_words(facts, state))
    wish = wish_cookie_name(portal_of(request), facts.exam.exam)
    context |= {"typed": typed or {}, "number_form": facts.number_form}
    context["login_ended"] = refusal is None and wish in request.cookies
    template = "login.html.j2" if state.stage is Stage.WINDOW else "closed.html.j2"
    return with_form(request, facts.exam, template, refusal, context)


_WITHOUT_LOGIN = {Stage.BEFORE: "before.html.j2", Stage.NO_RELEASE: "no_release.html.j2"}


def _plain_words(facts: ExamFacts, state: CandidateState) -> dict[str, Any]:
    """The words of a state without a release; other visitors' pages have their own."""
    if state.stage is not Stage.NO_RELEASE:
        return {}
    words, hotline = words_of(state), facts.in_force.charter.support.hotline
    return {"heading": words.heading, "lead": words.lead.filled({"hotline": hotline})}


def with_form(
    request: Request, exam: ServedExam, template: str, refusal: OneSeatError | None, context: dict[str, Any]
) -> Response:
    """A page with a form in it, tied to the browser by a cookie (CSRF)."""
    portal = portal_of(request)
    name = form_cookie_name(portal)
    cookie = request.cookies.get(name) or form_cookie()
    token = exam.signed_values.form_token(cookie, portal.clock.now())
    response = _page(request, template, refusal, {**context, "form_token": token})
    set_cookie(portal, response, name, cookie, int(FORM_LIFE.total_seconds()), "strict")
    return response


def _page(request: Request, template: str, refusal: OneSeatError | None, context: dict[str, Any]) -> Response:
    status = 200 if refusal is None else status_of(refusal)
    response = views_of(request).page(request, template, status, **context)
    if refusal is not None and "retry-after" in headers_of(refusal):
        response.headers["retry-after"] = headers_of(refusal)["retry-after"]
    return response


def set_cookie(
    portal: Portal, response: Response, name: str, value: str, life_s: int, same_site: SameSite
) -> None:
    """Set a cookie for the whole host, out of scripts' reach."""
    response.set_cookie(
        name, value, life_s, path="/", secure=portal.settings.secure, httponly=True, samesite=same_site
    )


@router.post("/e/{exam}/login")
async def login(request: Request, exam: str, form: Annotated[LoginForm, Form()]) -> Response:
    """Log in and redirect to the download, or show the form again with the refusal."""
    portal = portal_of(request)
    served = portal.exam(exam)
    now = portal.clock.now()
    served.signed_values.check_form(form.form_token, request.cookies.get(form_cookie_name(portal)), now)
    browser = request.cookies.get(browser_cookie_name(portal, exam), "")
    identity, origin = form.identity(), Origin(address_of(request), browser=browser)
    try:
        await run_in_threadpool(_refuse_malformed, served, identity, now)
        claim = IdentityClaim(served, identity, origin, portal.limit, now, reply=form.reply())
        visit = await with_minimum_duration(portal, recorded(claim, portal.log_in(claim), "page"))
    except PortalError as refusal:
        facts = await run_in_threadpool(ExamFacts.of, served)
        typed = form.typed() if isinstance(refusal, _TRIED_AGAIN) else None
        return _exam_page(request, facts, refusal, typed)
    wish = wish_cookie_name(portal, exam)
    start = "?start=1" if wish in request.cookies and visit.decision.may_fetch else ""
    response = RedirectResponse(f"/e/{exam}/download{start}", 303)
    _delete_cookie(portal, response, wish)
    session = served.signed_values.session(visit.seat.jti, now, visit.seat.session_epoch)
    cookie = session_cookie_name(portal, exam)
    set_cookie(portal, response, cookie, session, int(SESSION_LIFE.total_seconds()), "lax")
    known = known_browser_cookie(served, visit.seat.admission_number, now)
    life_s = int(KNOWN_BROWSER_LIFE.total_seconds())
    set_cookie(portal, response, browser_cookie_name(portal, exam), known, life_s, "strict")
    return response


def _refuse_malformed(exam: ServedExam, identity: Identity, now: datetime) -> None:
    """Refuse what cannot be any candidate's, with all faults at once.

    Raises:
        WindowNotOpen: no window has opened yet.
        IdentityMalformed: a field is empty or its form is impossible, also by the numbers of this exam.
    """
    in_force = exam.charter()
    refuse_before(in_force, now)
    number = identity.admission_number
    faults = list(
        faults_in_identity(identity.name, identity.id_number, number, in_force.charter.document_kinds)
    )
    reason = exam.number_form.fault(number)
    if reason is not None and ADMISSION_NUMBER not in {fault.field for fault in faults}:
        faults.append(FieldFault(ADMISSION_NUMBER, reason))
    if faults:
        raise IdentityMalformed.of(faults)


@router.get("/e/{exam}")
@router.get("/e/{exam}/login")
@router.get("/e/{exam}/logout")
def exam_address(exam: str) -> Response:
    """Redirects to the exam's page: the target of a form after a reload, or an address without its slash."""
    return RedirectResponse(f"/e/{quote(exam, safe='')}/", 303)


@router.get("/e/{exam}/app.svg")
def app_code(request: Request, exam: str) -> Response:
    """The phone app's address as a QR code. It is in the public charter, so it needs no login.

    Raises:
        PageUnknown: the charter names no address.
    """
    app = portal_of(request).exam(exam).charter().charter.companion_app
    if app is None:
        raise PageUnknown
    headers = {"cache-control": "public, max-age=300"}
    return Response(qr_svg(app.url), media_type="image/svg+xml", headers=headers)


@router.post("/e/{exam}/logout")
def logout(request: Request, exam: str, form_token: Token = "") -> Response:
    """End all sessions of the seat, in this browser and others, and delete this one's cookie."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    cookie = request.cookies.get(form_cookie_name(portal))
    served.signed_values.check_form(form_token, cookie, now)
    end_sessions(served, session_of(request, exam), now)
    response = RedirectResponse(f"/e/{exam}/", 303)
    for name in (session_cookie_name(portal, exam), wish_cookie_name(portal, exam)):
        _delete_cookie(portal, response, name)
    return response


def _delete_cookie(portal: Portal, response: Response, name: str) -> None:
    response.delete_cookie(name, "/", secure=portal.settings.secure, httponly=True, samesite="lax")


@router.get("/static/{digest}/{name}")
def static(request: Request, digest: str, name: str) -> Response:  # noqa: ARG001 -- the digest only makes the address change
    """Style sheet, script and emblem."""
    return views_of(request).file(name)
