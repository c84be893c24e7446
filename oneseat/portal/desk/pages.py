"""Operators' pages: login, overview, one seat, the exam's settings, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk import chart, problem_lists, rebinding
from oneseat.portal.desk.actions import ALLOWED_HOURS, SeatActions, find_seat
from oneseat.portal.desk.justification import REASONS
from oneseat.portal.desk.offers import offers
from oneseat.portal.desk.previews import CharterPreview
from oneseat.portal.desk.search import SearchResult, recent
from oneseat.portal.desk.timeline import history
from oneseat.portal.desk.visits import (
    DeskRequest,
    DeskVisit,
    charter_for_longest,
    charter_in_force,
    charter_of_number,
    zone_of,
)
from oneseat.portal.exam import schedule
from oneseat.portal.exam.overview import Overview
from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.http.application import whole_portal_of
from oneseat.portal.http.views import views_of
from oneseat.portal.refusals.desk import DeskSessionMissing
from oneseat.portal.rules.download_gate import phase_at
from oneseat.portal.rules.interview_near import interview_near
from oneseat.state.accounts.operators import Role
from oneseat.web.problems import headers_of, status_of
from oneseat.web.role_words import ROLE_WORDS
from signing.errors import OneSeatError
from signing.text import Text

router = APIRouter(include_in_schema=False)

DONE = {
    "move": Text(
        "The seat is free. The next computer that activates holds it; the old one's key is retired.",
        "已办理更换：下一台激活的电脑将成为考试用机，原电脑的激活已失效。",
    ),
    "rebind": Text(
        "Asked. Another operator must approve it on this page within half an hour.",
        "申请已提交，请另一位工作人员在半小时内到本页核准。",
    ),
    "rebind-approve": Text(
        "Approved. The candidate may install again now; the first computer that activates gets the seat.",
        "已核准。请考生现在重新安装考生端；首先激活的电脑即为考试用机。",
    ),
    "rebind-refuse": Text("The request is refused.", "申请已驳回。"),
    "revoke": Text("The licence is revoked.", "许可已撤销。"),
    "reissue": Text(
        "Queued. Issuing makes the new licence, and its publication shows it.",
        "已加入重新签发队列，等待签发人员处理；发布后生效。",
    ),
    "allow": Text(
        "The candidate may download now. Mind what is said below about the interviews.",
        "该考生现在可以下载。能否参加面试，请看下方“允许逾期下载”处的提示。",
    ),
    "reset": Text("The failed identity checks are forgotten.", "验证失败次数已清零。"),
    "log-out": Text("The candidate is logged out everywhere.", "该考生已在所有浏览器中退出登录。"),
    "charter": Text("The new charter is in force.", "新版考试规程已生效。"),
    "rest": Text("The portal is under maintenance.", "平台已进入维护状态。"),
    "open": Text("The portal is open again.", "平台已恢复服务。"),
}
"""The message after an action, by the query parameter ``done``."""


@router.get("/desk")
@router.get("/desk/")
def start(request: Request) -> Response:
    """The only exam's desk, or a list of them."""
    portal = whole_portal_of(request)
    if len(portal.exams) == 1:
        return RedirectResponse(f"/desk/{next(iter(portal.exams))}/", 303)
    served = [(name, charter_in_force(exam)) for name, exam in portal.exams.items()]
    return views_of(request).page(request, "desk/exams.html.j2", exams=served, home="/desk/", visit=None)


@router.get("/desk/{exam}/login")
def login_page(request: Request, exam: str) -> Response:
    """The form to log in with."""
    return show_login(request, DeskRequest.of(request, exam))


def show_login(request: Request, desk: DeskRequest, refusal: OneSeatError | None = None) -> Response:
    """The login page, with a refusal where one led here."""
    return show(request, desk, "desk/login.html.j2", refusal, visit=None)


def show(
    request: Request,
    desk: DeskRequest,
    template: str,
    refusal: OneSeatError | None = None,
    visit: DeskVisit | None = None,
    **facts: Any,  # noqa: ANN401 -- a template takes anything
) -> Response:
    """A page of the desk."""
    in_force = charter_in_force(desk.exam)
    status = 200 if refusal is None else status_of(refusal)
    context = {
        "exam": desk.exam.exam,
        "in_force": in_force,
        "home": desk.home,
        "form_token": desk.form_token,
        "refusal": refusal,
        "visit": visit,
        "role_words": ROLE_WORDS,
        "done": DONE.get(request.query_params.get("done", "")),
        "resting": desk.exam.maintenance.current(),
        # What happened is shown to the minute; only deadlines keep their seconds.
        "when": lambda moment: schedule.opening(moment.replace(second=0, microsecond=0), zone_of(in_force)),
        "ends": lambda moment: schedule.deadline(moment, zone_of(in_force)),
        "phase": None if in_force is None else str(phase_at(desk.now, in_force.rules)),
        **facts,
    }
    response = views_of(request).page(request, template, status, **context)
    if refusal is not None and "retry-after" in headers_of(refusal):
        response.headers["retry-after"] = headers_of(refusal)["retry-after"]
    desk.set_form_cookie(response)
    return response


@router.get("/desk/{exam}/")
def overview_page(request: Request, exam: str) -> Response:
    """How the exam goes. Who works in the exam room alone is led there."""
    desk = DeskRequest.of(request, exam)
    if not desk.any_visit().operator.role.is_of_desk:
        return RedirectResponse(f"{desk.home}room", 303)
    return show_overview(request, desk.visit())


def show_overview(request: Request, visit: DeskVisit, refusal: OneSeatError | None = None) -> Response:
    """Figures, the chart, and the form to find a candidate with."""
    in_force = charter_in_force(visit.exam)
    overview = problem_lists.current_overview(visit.exam, visit.now)
    facts = {
        "overview": overview,
        "age_s": 0 if overview is None else int((visit.now - overview.at).total_seconds()),
        "chart": None if overview is None else _progress(overview, in_force),
        "titles": chart.TITLES,
        "recent": recent(visit),
        "rows": [] if overview is None else _rows(visit, overview),
    }
    return show(request, visit.desk, "desk/overview.html.j2", refusal, visit, **facts)


def _rows(visit: DeskVisit, overview: Overview) -> list[problem_lists.ProblemRow]:
    """The problems that the operator may open."""
    may_help = visit.may(Role.SUPPORT)
    return [row for row in problem_lists.rows(overview) if may_help or row.path != problem_lists.HELP_PATH]


def _progress(overview: Overview, in_force: CharterInForce | None) -> chart.Chart | None:
    begins = overview.at if in_force is None else in_force.rules.windows[0].opens
    return chart.draw(overview.series, begins, overview.at, zone_of(in_force))


@router.get("/desk/{exam}/problems/{name}")
def problem_page(
    request: Request, exam: str, name: str, code: str = "", page: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """One page of a problem's list."""
    visit = DeskRequest.of(request, exam).visit()
    listed = problem_lists.page_of(visit, name, code, page)
    return show(request, visit.desk, "desk/problem.html.j2", None, visit, listed=listed)


def show_matches(request: Request, visit: DeskVisit, result: SearchResult) -> Response:
    """The list of seats that fit what was typed."""
    return show(request, visit.desk, "desk/matches.html.j2", None, visit, result=result)


@router.get("/desk/{exam}/seats/{jti}")
def seat_page(request: Request, exam: str, jti: str) -> Response:
    """One candidate's seat. The address carries its pseudonym, as every address does."""
    return show_seat(request, DeskRequest.of(request, exam).visit(), jti)


def show_seat(request: Request, visit: DeskVisit, jti: str, refusal: OneSeatError | None = None) -> Response:
    """A seat's state, what may be done for it, and its history.

    Raises:
        SeatNotFound: no seat has the pseudonym.
    """
    seat = find_seat(visit, jti)
    in_force = charter_of_number(visit.exam, seat.admission_number)
    seat_history = history(visit.exam, seat, in_force, visit.now)
    facts = {
        "history": seat_history,
        "rebind": rebinding.panel_of(SeatActions(visit, seat), in_force),
        "hours": ALLOWED_HOURS,
        "change_until": None if in_force is None else in_force.charter.device_change_until,
        "offered": offers(seat_history.offer_facts),
        "reasons": REASONS,
        "home_here": f"{visit.desk.home}seats/{jti}",
    }
    return show(request, visit.desk, "desk/seat.html.j2", refusal, visit, **facts)


@router.get("/desk/{exam}/settings")
def settings_page(request: Request, exam: str) -> Response:
    """The charter in force, and maintenance."""
    return show_settings(request, DeskRequest.of(request, exam).visit(Role.ADMIN))


def show_settings(request: Request, visit: DeskVisit, refusal: OneSeatError | None = None) -> Response:
    """The page of what only administrators change."""
    in_force = charter_in_force(visit.exam)
    facts = {"window_words": None if in_force is None else _window_words(in_force)}
    return show(request, visit.desk, "desk/settings.html.j2", refusal, visit, **facts)


def show_charter_preview(request: Request, visit: DeskVisit, preview: CharterPreview) -> Response:
    """What a charter changes, with the button that publishes it."""
    facts = {"preview": preview, "near": _interview_near(visit)}
    return show(request, visit.desk, "desk/charter_preview.html.j2", None, visit, **facts)


def show_maintenance_preview(
    request: Request, visit: DeskVisit, until: datetime | None, typed: str
) -> Response:
    """What maintenance will do, with the button that starts it."""
    facts = {"until": until, "typed": typed, "near": _interview_near(visit)}
    return show(request, visit.desk, "desk/maintenance_preview.html.j2", None, visit, **facts)


def _interview_near(visit: DeskVisit) -> Text | None:
    """The interview that an act would disturb now, in words."""
    in_force = charter_for_longest(visit.exam)
    near = None if in_force is None else interview_near(in_force.charter, visit.now)
    return None if near is None or in_force is None else schedule.interview_span(near, in_force.zone)


def _window_words(in_force: CharterInForce) -> Text:
    return schedule.span(in_force.charter.download, in_force.zone)


def attachment(name: str, now: datetime, suffix: str) -> dict[str, str]:
    """The headers of a file to be saved, with the time in its name."""
    file_name = f"{name}-{now:%Y%m%dT%H%MZ}.{suffix}"
    return {"content-disposition": f'attachment; filename="{file_name}"', "cache-control": "no-store"}


@router.get("/desk/{exam}")
@router.get("/desk/{exam}/logout")
@router.get("/desk/{exam}/audit/head")
@router.get("/desk/{exam}/audit/filter")
@router.get("/desk/{exam}/audit/entries.csv")
@router.get("/desk/{exam}/not-downloaded.csv")
@router.get("/desk/{exam}/candidate")
@router.get("/desk/{exam}/charter")
@router.get("/desk/{exam}/maintenance")
def desk_address(exam: str) -> Response:
    """Redirects to the desk: a GET of a form's target after a reload, or an address without its slash."""
    return RedirectResponse(f"/desk/{quote(exam, safe='')}/", 303)


def error_page(request: Request, error: OneSeatError) -> Response:
    """A refusal as a page of the desk, or a redirect to the login page without a session."""
    exam = request.path_params.get("exam")
    if isinstance(error, DeskSessionMissing) and exam:
        return RedirectResponse(f"/desk/{quote(exam, safe='')}/login", 303)
    response = views_of(request).page(
        request, "desk/error.html.j2", status_of(error), refusal=error, home="/desk/", visit=None
    )
    for name, value in headers_of(error).items():
        if name != "www-authenticate":
            response.headers[name] = value
    return response
