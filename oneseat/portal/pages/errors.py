"""Refusals as pages: the exam and its hotline, words for candidates, and the request's identifier.

Some refusals have words for programs that call the API. A page says the same to people.
"""

from __future__ import annotations

import re

from fastapi import Request
from starlette.responses import Response

from oneseat.portal.errors import CALL_OPERATOR, NotReady, PortalFault
from oneseat.portal.http.application import Portal, portal_of
from oneseat.portal.http.views import views_of
from oneseat.portal.refusals.exam import UnderMaintenance
from oneseat.web import refusals as http
from oneseat.web.problems import headers_of, status_of
from oneseat.web.request_id import request_id_of
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

_AN_EXAM = re.compile(r"/e/([^/]+)")

_START_AGAIN = Text("Go back to the start page and begin again.", "请返回首页重新操作。")
_TRY_LATER = Text("Try again in a minute.", "请一分钟后再试。")
_INCOMPLETE = Text(
    "What was sent is incomplete, so the portal cannot use it.", "提交的内容不完整，平台无法处理。"
)
_CAUSES: dict[type[OneSeatError], Text] = {
    http.RequestInvalid: _INCOMPLETE,
    http.MediaTypeRefused: _INCOMPLETE,
    http.HostInvalid: _INCOMPLETE,
    http.RequestUnreadable: _INCOMPLETE,
    http.MethodRefused: Text("This address cannot be opened by itself.", "这个网址不能直接打开。"),
    http.RequestTooLarge: Text(
        "What was sent is too long, so the portal cannot use it.", "提交的内容过长，平台无法处理。"
    ),
    http.RequestTooSlow: Text(
        "The network is slow, and not everything arrived.", "网络较慢，提交的内容没有传完。"
    ),
    NotReady: Text("The portal cannot be used at the moment.", "平台暂时无法使用。"),
    PortalFault: Text(
        "The portal has a fault; what you did was not completed.", "平台出现故障，您的操作没有完成。"
    ),
}
_REMEDIES = {http.MEND_REQUEST: _START_AGAIN, CALL_OPERATOR: _TRY_LATER}


def words_for_people(error: OneSeatError) -> tuple[Text, Text]:
    """Cause and remedy of a refusal as a page says them."""
    cause = _CAUSES.get(type(error), error.cause_text)
    return cause, _REMEDIES.get(error.remedy, error.remedy_text)


def error_page(request: Request, error: OneSeatError) -> Response:
    """A refusal as a page: cause, remedy, whom to call, the request's identifier, and the way back."""
    portal = portal_of(request)
    name = _exam_meant(request, portal)
    charter = _known_charter(portal, name)
    cause, remedy = words_for_people(error)
    template = "maintenance.html.j2" if isinstance(error, UnderMaintenance) else "error.html.j2"
    response = views_of(request).page(
        request,
        template,
        status_of(error),
        refusal=error,
        cause=cause,
        remedy=remedy,
        charter=charter,
        hotline=charter.support.hotline if charter else _shared_hotline(portal),
        home=f"/e/{name}/" if name else "/",
        request_id=request_id_of(request.scope),
    )
    for header, value in headers_of(error).items():
        if header != "www-authenticate":
            response.headers[header] = value
    return response


def _exam_meant(request: Request, portal: Portal) -> str | None:
    """The exam that the request is about: named in its path, or the only one that is served."""
    match = _AN_EXAM.match(request.url.path)
    if match is not None and match[1] in portal.exams:
        return match[1]
    return next(iter(portal.exams)) if len(portal.exams) == 1 else None


def _known_charter(portal: Portal, name: str | None) -> Charter | None:
    """The exam's charter as it was last read: a page about a fault does not ask the database."""
    known = portal.exams[name].last_charter if name else None
    return known.charter if known else None


def _shared_hotline(portal: Portal) -> str | None:
    """The hotline, where all exams have the same."""
    charters = [_known_charter(portal, name) for name in portal.exams]
    hotlines = {charter.support.hotline for charter in charters if charter is not None}
    return hotlines.pop() if len(hotlines) == 1 else None
