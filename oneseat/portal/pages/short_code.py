"""The page on which a computer opens the exam whose short code a phone shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.http.application import portal_of
from oneseat.portal.http.views import views_of
from oneseat.portal.refusals.exam import ShortCodeUnknown
from oneseat.web.problems import status_of

ADDRESS = "/c"
router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
def short_code_page(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """A form for the code; with the code of an exam, a redirect to that exam's page."""
    portal = portal_of(request)
    now = portal.clock.now()
    for name, exam in portal.exams.items():
        if exam.signed_values.is_short_code(code, now):
            return RedirectResponse(f"/e/{name}/", 303)
    refusal = ShortCodeUnknown() if code.strip() else None
    status = 200 if refusal is None else status_of(refusal)
    return views_of(request).page(request, "short_code.html.j2", status, refusal=refusal)
