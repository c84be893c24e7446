"""Candidates' pages: before the window, login, download, after it, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.portal.api.candidates import install_code_of, installer_path
from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.http.application import Portal, portal_of
from oneseat.portal.http.cookies import (
    browser_cookie_name,
    form_cookie_name,
    session_cookie_name,
    session_of,
)
from oneseat.portal.http.qr import qr_svg
from oneseat.portal.http.request_address import address_of
from oneseat.portal.http.timing import with_minimum_duration
from oneseat.portal.http.views import Countdown, views_of
from oneseat.portal.problems import headers_of, status_of
from oneseat.portal.refusals.exam import UnderMaintenance
from oneseat.portal.refusals.http import PageUnknown
from oneseat.portal.refusals.login import LoginRefused, SessionMissing
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.download_gate import Phase, phase_at
from oneseat.portal.services.downloads import compose_installer
from oneseat.portal.services.login.gate_refusals import gate_refusal
from oneseat.portal.services.login.identity import Identity, IdentityClaim
from oneseat.portal.services.login.login_attempt import known_browser_cookie
from oneseat.portal.services.login.visits import Visit, end_sessions, resume
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.portal.tokens.signed_values import FORM_LIFE, KNOWN_BROWSER_LIFE, SESSION_LIFE, form_cookie
from signing.errors import OneSeatError

router = APIRouter(include_in_schema=False)

SameSite = Literal["lax", "strict"]
Token = Annotated[str, Form(max_length=1024)]
Typed = Annotated[str, Field(max_length=100)]
_NOT_LOGGED_IN = (SessionMissing,)


class LoginForm(BaseModel):
    """What the login form sends. Empty fields are answered with the form again."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Typed = ""
    id_number: Typed = ""
    admission_number: Typed = ""
    answer: Typed = ""
    challenge: Annotated[str, Field(max_length=1024)] = ""
    form_token: Annotated[str, Field(max_length=1024)] = ""

    def filled_in(self) -> bool:
        """Whether no field is empty."""
        return all(value.strip() for value in (self.name, self.id_number, self.admission_number))

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

    @classmethod
    def of(cls, exam: ServedExam) -> ExamFacts:
        """The facts of the charter in force."""
        return cls(exam, exam.charter())

    @property
    def zone(self) -> ZoneInfo:
        """The exam's own clock."""
        return self.in_force.zone

    def context(self) -> dict[str, Any]:
        """As template variables."""
        charter = self.in_force.charter
        return {
            "charter": charter,
            "home": f"/e/{charter.exam}/",
            "schedule": schedule.in_words(charter),
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
    served = [ExamFacts.of(exam) for exam in portal.exams.values()]
    return views_of(request).page(request, "exams.html.j2", exams=[facts.context() for facts in served])


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


def _exam_page(request: Request, facts: ExamFacts, refusal: OneSeatError | None = None) -> Response:
    """The page of the window's state, with a login form unless it is too early."""
    portal = portal_of(request)
    now, rules = portal.clock.now(), facts.in_force.rules
    phase = phase_at(now, rules)
    context: dict[str, Any] = {**facts.context(), "phase": str(phase), "refusal": refusal, "countdown": None}
    if phase is Phase.BEFORE:
        context["countdown"] = Countdown.between(now, rules.windows[0].opens)
        return _page(request, "before.html.j2", refusal, context)
    if phase is Phase.OPEN:
        closes = next(window.closes for window in rules.windows if window.contains(now))
        context["countdown"] = Countdown.between(now, closes)
    template = "login.html.j2" if phase is Phase.OPEN else "closed.html.j2"
    return _with_form(request, facts.exam, template, refusal, context)


def _with_form(
    request: Request, exam: ServedExam, template: str, refusal: OneSeatError | None, context: dict[str, Any]
) -> Response:
    """A page with a form in it, tied to the browser by a cookie (CSRF)."""
    portal = portal_of(request)
    name = form_cookie_name(portal)
    cookie = request.cookies.get(name) or form_cookie()
    token = exam.signed_values.form_token(cookie, portal.clock.now())
    response = _page(request, template, refusal, {**context, "form_token": token})
    _set_cookie(portal, response, name, cookie, int(FORM_LIFE.total_seconds()), "strict")
    return response


def _page(request: Request, template: str, refusal: OneSeatError | None, context: dict[str, Any]) -> Response:
    status = 200 if refusal is None else status_of(refusal)
    response = views_of(request).page(request, template, status, **context)
    if refusal is not None and "retry-after" in headers_of(refusal):
        response.headers["retry-after"] = headers_of(refusal)["retry-after"]
    return response


def _set_cookie(
    portal: Portal, response: Response, name: str, value: str, life_s: int, same_site: SameSite
) -> None:
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
        if not form.filled_in():
            raise LoginRefused
        claim = IdentityClaim(served, identity, origin, portal.limit, now, reply=form.reply())
        visit = await with_minimum_duration(portal, portal.log_in(claim))
    except PortalError as refusal:
        facts = await run_in_threadpool(ExamFacts.of, served)
        return _exam_page(request, facts, refusal)
    response = RedirectResponse(f"/e/{exam}/download", 303)
    session = served.signed_values.session(visit.seat.jti, now, visit.seat.session_epoch)
    cookie = session_cookie_name(portal, exam)
    _set_cookie(portal, response, cookie, session, int(SESSION_LIFE.total_seconds()), "lax")
    known = known_browser_cookie(served, visit.seat.admission_number, now)
    life_s = int(KNOWN_BROWSER_LIFE.total_seconds())
    _set_cookie(portal, response, browser_cookie_name(portal, exam), known, life_s, "strict")
    return response


@router.get("/e/{exam}")
@router.get("/e/{exam}/login")
@router.get("/e/{exam}/logout")
def exam_address(exam: str) -> Response:
    """Redirects to the exam's page: the target of a form after a reload, or an address without its slash."""
    return RedirectResponse(f"/e/{quote(exam, safe='')}/", 303)


@router.get("/e/{exam}/download")
def download(request: Request, exam: str) -> Response:
    """The seat's own page: client, install code, schedule. Redirects without a session."""
    served = portal_of(request).exam(exam)
    visit = _current_visit(request, served)
    if visit is None:
        return RedirectResponse(f"/e/{exam}/", 303)
    facts = ExamFacts(served, visit.in_force)
    if not visit.decision.may_log_in:
        return _exam_page(request, facts, gate_refusal(visit.decision, visit.in_force))
    return _with_form(request, served, "download.html.j2", None, _seat_context(request, facts, visit))


def _seat_context(request: Request, facts: ExamFacts, visit: Visit) -> dict[str, Any]:
    now, until = portal_of(request).clock.now(), visit.decision.fetch_until
    return {
        **facts.context(),
        "phase": str(visit.decision.phase),
        "decision": visit.decision,
        "installer": compose_installer(facts.exam, visit) if visit.decision.may_fetch else None,
        "installer_path": installer_path(visit),
        "install_code": install_code_of(facts.exam, visit),
        "countdown": Countdown.between(now, until) if until is not None else None,
        "until_words": schedule.deadline(until, facts.zone) if until is not None else None,
    }


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
    response.delete_cookie(
        session_cookie_name(portal, exam), "/", secure=portal.settings.secure, httponly=True, samesite="lax"
    )
    return response


@router.get("/static/{digest}/{name}")
def static(request: Request, digest: str, name: str) -> Response:  # noqa: ARG001 -- the digest only makes the address change
    """Style sheet, script and emblem."""
    return views_of(request).file(name)


def error_page(request: Request, error: OneSeatError) -> Response:
    """A refusal as a page: code, cause, remedy, and the way back."""
    template = "maintenance.html.j2" if isinstance(error, UnderMaintenance) else "error.html.j2"
    response = views_of(request).page(request, template, status_of(error), refusal=error)
    for name, value in headers_of(error).items():
        if name != "www-authenticate":
            response.headers[name] = value
    return response
