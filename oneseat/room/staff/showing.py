"""Renders operators' pages, or parts of them, with what all of them share: charter, clock, words, policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.http.views import views_of
from oneseat.room.staff import words
from oneseat.room.staff.visits import StaffVisit

HEADERS = {
    # Photographs come as data addresses, so that no address shows one without its entry in the audit log.
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Under no-referrer a browser posts forms with the origin "null", by which they could not be told apart.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), display-capture=(), geolocation=()",
}


def show(
    request: Request,
    visited: StaffVisit,
    template: str,
    status: int = 200,
    *,
    headers: Mapping[str, str] = HEADERS,
    in_force: CharterInForce | None = None,
    **facts: Any,  # noqa: ANN401 -- a template takes anything
) -> Response:
    """Render a page, with times in the exam's zone. ``in_force`` is the charter, if it was read.

    Templates get ``sends``: whether the room has a token to send to the portal with.
    """
    charter = in_force or visited.room.charter()
    page = views_of(request).page(template, status, **{**_shared(request, visited, charter), **facts})
    page.headers.update(headers)
    return page


def fragment(request: Request, visited: StaffVisit, template: str, **facts: Any) -> str:  # noqa: ANN401
    """Render a part of a page, as HTML, for a script that draws it."""
    shared = _shared(request, visited, visited.room.charter())
    return views_of(request).fragment(template, **{**shared, **facts})


def _shared(request: Request, visited: StaffVisit, charter: CharterInForce) -> dict[str, Any]:
    def clock(moment: datetime | int | None) -> str:
        if isinstance(moment, int):
            moment = datetime.fromtimestamp(moment, charter.zone)
        return "" if moment is None else f"{moment.astimezone(charter.zone):%m-%d %H:%M:%S}"

    def day(moment: datetime) -> str:
        return f"{moment.astimezone(charter.zone):%Y-%m-%d}"

    return {
        "charter": charter.charter,
        "visit": visited,
        "words": words,
        "clock": clock,
        "day": day,
        "sends": request.app.state.settings.portal_token is not None,
    }
