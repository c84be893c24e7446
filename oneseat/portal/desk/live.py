"""Sends the overview's figures as they change. A stream does not count as use of the login."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.desk import problem_lists
from oneseat.portal.desk.visits import DeskRequest, DeskVisit, charter_in_force, zone_of
from oneseat.portal.exam import schedule
from oneseat.web.event_streams import Follow, streams_of

router = APIRouter(include_in_schema=False)

READ_INTERVAL_S = 3.0


@router.get("/desk/{exam}/live")
async def live(request: Request, exam: str) -> Response:
    """The stream of an exam's figures.

    Raises:
        StreamsBusy: this process has as many streams as it may, or this operator has.
    """
    visit = await run_in_threadpool(DeskRequest.of(request, exam).glance)
    figures = Follow(lambda: message_of(visit), str, READ_INTERVAL_S)
    return streams_of(request).answer("overview", exam, figures, visit.operator.name)


def message_of(visit: DeskVisit) -> str:
    """The figures as JSON, ready to be shown: by the name of the place in the page."""
    now = visit.desk.portal.clock.now()
    overview = problem_lists.current_overview(visit.exam, now)
    if overview is None:
        return ""
    totals = overview.totals
    counts = {
        "seats": totals.seats,
        "downloads": totals.downloaded,
        "activations": totals.activated,
        "mocks": totals.mocks,
        "missing": totals.missing,
        **{row.path: row.count for row in problem_lists.rows(overview)},
    }
    zone = zone_of(charter_in_force(visit.exam))
    at = schedule.opening(overview.at.replace(second=0, microsecond=0), zone)
    shown = {name: f"{count:,}" for name, count in counts.items()}
    return json.dumps({"figures": shown, "at": at._asdict()}, ensure_ascii=False)
