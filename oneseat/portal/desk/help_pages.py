"""The service desk's pages for operators: the queue of help requests, one request, incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk import help_acts, pages
from oneseat.portal.desk.help_acts import HelpOrder
from oneseat.portal.desk.help_pictures import pictures_of
from oneseat.portal.desk.visits import DeskRequest, DeskVisit
from oneseat.portal.errors import PortalError
from oneseat.portal.http.help_boards import LIVE_INTERVAL_S, board_of, live_states
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.rules.help_rules import Act, Door, Reason, Status, Urgency, is_alarming
from oneseat.portal.services.help.details import open_details, open_words
from oneseat.portal.services.help.queue_board import Board, filed_standing, holding_of
from oneseat.portal.services.help.reading import REASONS, number_words, status_words
from oneseat.portal.services.login.identity import Identity
from oneseat.state.accounts.operators import Role
from oneseat.state.help import events, requests
from oneseat.state.help.requests import HelpRequest
from oneseat.web.event_streams import Follow, streams_of
from oneseat.web.refusals import PageUnknown
from oneseat.web.telephones import mask_telephone
from signing.errors import OneSeatError
from signing.text import Text

router = APIRouter(include_in_schema=False)

SHOWN = 200
"""Requests on the queue's page; more are counted."""

DOORS = {
    Door.PORTAL: Text("portal", "考生平台"),
    Door.CLIENT: Text("client", "电脑端"),
    Door.ROOM: Text("exam room", "考场"),
    Door.PHONE: Text("phone", "手机端"),
}
URGENCIES = {
    Urgency.QUESTIONS: Text("answering questions", "作答中"),
    Urgency.WAITING: Text("before the start", "候考"),
    Urgency.OTHER: Text("ordinary", "一般"),
    Urgency.UNVERIFIED: Text("not verified", "未核实"),
}
EVENTS = {
    Act.CLAIM: Text("Claimed", "受理"),
    Act.RELEASE: Text("Given back", "退回队列"),
    Act.CALL: Text("Calling", "拨打电话"),
    Act.REACHED: Text("Reached", "已接通"),
    Act.MISSED: Text("Not reached", "未接通"),
    Act.ANSWER: Text("Answered", "答复"),
    Act.BULK_ANSWER: Text("Answered with all others", "统一答复"),
    Act.NOTE: Text("Note", "备注"),
    Act.SOLVE: Text("Closed", "办结"),
    Act.WITHDRAW: Text("Withdrawn by the candidate", "考生撤回"),
}
CANNED = (
    "请退出 360、腾讯电脑管家等杀毒软件和 QQ、微信等通讯软件后，重新启动考生端。",
    "请检查电脑网络，关闭其他正在下载或播放视频的程序后重试。",
    "请重新插好摄像头和麦克风，关闭占用摄像头的其他程序，再重新检测设备。",
    "请核对姓名、证件号码和准考证号是否与准考证一致，然后重新登录。",
    "请保持网络畅通、不要关机，等待全部视频上传成功；提示失败时点“重试”。",
    "更换电脑的申请已受理，请在新电脑上重新下载、安装并登录考生端。",
)
"""Answers to choose from; the operator may change them before sending."""


class HelpActForm(BaseModel):
    """What a form of the service desk sends."""

    model_config = ConfigDict(hide_input_in_errors=True)

    words: Annotated[str, Field(max_length=4000)] = ""
    called_from: Annotated[str, Field(max_length=40)] = ""
    reason: Annotated[str, Field(max_length=16)] = ""
    incident: int = 0
    name: Annotated[str, Field(max_length=100)] = ""
    id_number: Annotated[str, Field(max_length=100)] = ""
    admission_number: Annotated[str, Field(max_length=100)] = ""
    form_token: Annotated[str, Field(max_length=1024)] = ""


@dataclass(frozen=True)
class Line:
    """A line of the queue."""

    request: HelpRequest
    status: Text
    reason: Text
    door: Text
    urgency: Text
    waited_s: int
    alarming: bool
    operator: str | None


def _lines(board: Board, numbers: list[str], now: datetime) -> list[Line]:
    return [_line(board, board.open[number], now) for number in numbers[:SHOWN]]


def _line(board: Board, request: HelpRequest, now: datetime) -> Line:
    holding = holding_of(request)
    # A closed request is not on the board, and one of another process may not be on it yet.
    urgency, _ = board.standings.get(request.number, filed_standing(request))
    return Line(
        request,
        status_words(request, by_phone=True),
        REASONS[Reason(request.reason)],
        DOORS[Door(request.door)],
        URGENCIES[urgency],
        max(0, int((now - request.submitted_at).total_seconds())),
        holding.is_waiting(now) and is_alarming(urgency, request.submitted_at, now),
        None if holding.is_waiting(now) else request.operator,
    )


@router.get("/desk/{exam}/help")
def queue_page(request: Request, exam: str, watch: str = "") -> Response:
    """The queue: who waits, in order, and what is under way. With ``watch`` the page opened itself again."""
    desk = DeskRequest.of(request, exam)
    return _show_queue(request, desk.glance(Role.SUPPORT) if watch else desk.visit(Role.SUPPORT))


def _show_queue(request: Request, visit: DeskVisit, refusal: OneSeatError | None = None) -> Response:
    board = board_of(request, visit.exam).current(visit.now)
    others = [number for number in board.open if number not in board.places]
    others.sort(key=lambda number: board.open[number].touched_at)
    facts: dict[str, Any] = {
        "waiting": _lines(board, list(board.waiting), visit.now),
        "busy": _lines(board, others, visit.now),
        "waiting_count": len(board.waiting),
        "unverified": Urgency.UNVERIFIED,
        "incidents": board.incidents,
        "proposals": [(REASONS[Reason(one.reason)], one, count) for one, count in board.proposals()],
        "reasons": REASONS,
        "number_words": number_words,
        "live_state": board.states.of_queue,
    }
    return pages.show(request, visit.desk, "desk/help.html.j2", refusal, visit, **facts)


@router.get("/desk/{exam}/help/live")
async def live(request: Request, exam: str) -> Response:
    """The stream of the queue: a digest that changes with what its page shows. No use of the login.

    Raises:
        StreamsBusy: this process has as many streams as it may, or this operator has.
    """
    visit = await run_in_threadpool(DeskRequest.of(request, exam).glance, Role.SUPPORT)
    follow = Follow(live_states(request, visit.exam), lambda states: states.of_queue, LIVE_INTERVAL_S)
    return streams_of(request).answer("queue", exam, follow, visit.operator.name)


@router.get("/desk/{exam}/help/{number}")
def request_page(request: Request, exam: str, number: str) -> Response:
    """One request. The callback number is shown in full to the operator who has claimed it."""
    return _show_request(request, DeskRequest.of(request, exam).visit(Role.SUPPORT), number)


def _show_request(
    request: Request,
    visit: DeskVisit,
    number: str,
    refusal: OneSeatError | None = None,
    checked: tuple[bool, str | None] | None = None,
) -> Response:
    exam = visit.exam
    with exam.database.reading() as connection:
        asked = requests.find(connection, exam.exam, number)
        if asked is None:
            raise HelpRequestUnknown
        history = events.list_of(connection, exam.exam, asked.id)
    key = (exam.pepper, exam.exam, asked.number)
    details, holding = open_details(*key, asked.sealed_details), holding_of(asked)
    mine = asked.operator == visit.operator.name and not holding.lapsed(visit.now)
    callback = details.callback
    facts: dict[str, Any] = {
        "line": _line(board_of(request, exam).current(visit.now), asked, visit.now),
        "details": details,
        "callback": callback if callback is None or mine else mask_telephone(callback),
        "mine": mine,
        "state": Status(asked.status),
        "waits": holding.is_waiting(visit.now),
        "happened": [
            (
                event,
                EVENTS[Act(event.act)],
                "" if event.sealed_words is None else open_words(*key, event.sealed_words),
            )
            for event in reversed(history)
        ],
        "calls_from": exam.charter().charter.support.calls_from,
        "canned": CANNED,
        "checked": checked,
        "number_words": number_words,
        "pictures": pictures_of(visit, asked),
        "home_here": f"{visit.desk.home}help/{asked.number}",
    }
    return pages.show(request, visit.desk, "desk/help_request.html.j2", refusal, visit, **facts)


@router.post("/desk/{exam}/help/incidents/begin")
def begin_incident(request: Request, exam: str, form: Annotated[HelpActForm, Form()]) -> Response:
    """Show a text to all candidates, and answer the waiting requests with it."""
    visit = _verified(request, exam, form, Role.ADMIN)
    reason = Reason(form.reason) if form.reason in set(Reason) else None
    try:
        help_acts.begin_incident(visit, reason, form.words)
    except PortalError as refusal:
        return _show_queue(request, visit, refusal)
    return _back(request, visit, "help")


@router.post("/desk/{exam}/help/incidents/answer")
def answer_with_incident(request: Request, exam: str, form: Annotated[HelpActForm, Form()]) -> Response:
    """Answer the waiting requests that an open incident explains with its text."""
    visit = _verified(request, exam, form, Role.ADMIN)
    try:
        help_acts.answer_with_incident(visit, form.incident)
    except PortalError as refusal:
        return _show_queue(request, visit, refusal)
    return _back(request, visit, "help")


@router.post("/desk/{exam}/help/incidents/end")
def end_incident(request: Request, exam: str, form: Annotated[HelpActForm, Form()]) -> Response:
    """Stop showing an incident."""
    visit = _verified(request, exam, form, Role.ADMIN)
    try:
        help_acts.end_incident(visit, form.incident)
    except PortalError as refusal:
        return _show_queue(request, visit, refusal)
    return _back(request, visit, "help")


@router.post("/desk/{exam}/help/{number}/check")
def check(request: Request, exam: str, number: str, form: Annotated[HelpActForm, Form()]) -> Response:
    """Say whether name and numbers, as heard on the telephone, are those of one seat."""
    visit = _verified(request, exam, form, Role.SUPPORT)
    heard = Identity(form.name, form.id_number, form.admission_number)
    try:
        jti = help_acts.check_identity(visit, number[:16], heard)
    except PortalError as refusal:
        return _show_request(request, visit, number, refusal)
    return _show_request(request, visit, number, checked=(jti is not None, jti))


@router.post("/desk/{exam}/help/{number}/{act}")
def act_on_request(
    request: Request, exam: str, number: str, act: str, form: Annotated[HelpActForm, Form()]
) -> Response:
    """Run an act on a request.

    Raises:
        PageUnknown: operators have no act of that name.
    """
    if act not in set(Act) - {Act.WITHDRAW, Act.BULK_ANSWER}:
        raise PageUnknown
    visit = _verified(request, exam, form, Role.SUPPORT)
    try:
        help_acts.perform(visit, number[:16], HelpOrder(Act(act), form.words, form.called_from))
    except HelpRequestUnknown:
        raise
    except PortalError as refusal:
        return _show_request(request, visit, number, refusal)
    return _back(request, visit, f"help/{number}")


@router.get("/desk/{exam}/help/{number}/{act}")
def act_address(exam: str, number: str, act: str) -> Response:  # noqa: ARG001 -- the address has it
    """Redirects a GET of a form's target to the queue."""
    return RedirectResponse(f"/desk/{exam}/help", 303)


def _verified(request: Request, exam: str, form: HelpActForm, needed: Role) -> DeskVisit:
    desk = DeskRequest.of(request, exam)
    visit = desk.visit(needed)
    desk.check_form(form.form_token)
    return visit


def _back(request: Request, visit: DeskVisit, path: str) -> Response:
    board_of(request, visit.exam).invalidate()
    return RedirectResponse(f"{visit.desk.home}{path}", 303)
