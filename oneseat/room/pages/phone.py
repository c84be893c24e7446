"""The phone's page, and what of it may be known without a login."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from oneseat.room.http.application import room_of
from oneseat.room.http.views import views_of
from oneseat.room.services.phone.phone_login import terms_of

PAGE = "/phone/"

router = APIRouter()


@router.get(PAGE)
def page(request: Request) -> Response:
    """The phone's page. It holds nothing of a candidate's: a code to pair comes in the address's fragment."""
    charter = room_of(request).charter()
    kind = terms_of(charter).kind
    help_url = f"{charter.charter.portal_url.rstrip('/')}/e/{charter.charter.exam}/help"
    return views_of(request).page("phone/page.html.j2", charter=charter.charter, kind=kind, help_url=help_url)


@router.get(f"{PAGE}about")
def about(request: Request) -> Response:
    """The exam and the terms of its phones, for the app and for probes."""
    charter = room_of(request).charter()
    terms = terms_of(charter)
    facts = {"exam": charter.charter.exam, "kind": terms.kind, "order": terms.order, "sweep_s": terms.sweep_s}
    return JSONResponse(facts, headers={"cache-control": "no-store"})
