"""Pages to read: the manuals that the portal has itself, and the privacy notice. They need no login."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from oneseat.portal.http.application import portal_of
from oneseat.portal.http.views import own_path, views_of
from oneseat.web.refusals import PageUnknown
from signing.charter import Charter
from signing.text import Text

router = APIRouter(include_in_schema=False)

MANUALS: Mapping[str, Text] = {
    "conduct": Text("Rules of the online exam", "在线考试规范"),
    "phone": Text("Manual of the phone app", "手机端操作手册"),
}
"""The manuals that the portal has itself, with their titles: pages of ``templates/portal/documents``."""

_PRIVACY = Text("Privacy notice", "个人信息处理告知")


@router.get("/e/{exam}/manuals/{manual}")
def manual_page(request: Request, exam: str, manual: str) -> Response:
    """One of :data:`MANUALS`, with the exam's own names, numbers and requirements.

    Raises:
        PageUnknown: there is no such manual.
    """
    charter = portal_of(request).exam(exam).charter().charter
    if manual not in MANUALS:
        raise PageUnknown
    return _page(request, charter, manual, _title_in_exam(charter, manual))


@router.get("/e/{exam}/privacy")
def privacy_page(request: Request, exam: str) -> Response:
    """The privacy notice.

    Raises:
        PageUnknown: the exam file has none.
    """
    charter = portal_of(request).exam(exam).charter().charter
    if charter.privacy is None:
        raise PageUnknown
    return _page(request, charter, "privacy", _PRIVACY)


def _title_in_exam(charter: Charter, manual: str) -> Text:
    """The title under which the exam file lists the page, or the page's own."""
    path = f"/e/{charter.exam}/manuals/{manual}"
    listed = (entry.title for entry in charter.manuals if own_path(entry.url, charter) == path)
    return next(listed, MANUALS[manual])


def _page(request: Request, charter: Charter, name: str, heading: Text) -> Response:
    return views_of(request).page(
        request,
        f"documents/{name}.html.j2",
        charter=charter,
        home=f"/e/{charter.exam}/",
        heading=heading,
    )
