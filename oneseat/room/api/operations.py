"""Routes for those who run the room: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from oneseat.room.http.application import room_of
from oneseat.web.metrics import is_private_host
from oneseat.web.refusals import PageUnknown
from signing import urls

router = APIRouter()


@router.get("/healthz")
async def healthz(request: Request) -> dict[str, Any]:
    """That the process runs and answers."""
    return {"status": "ok", "rehearsal": room_of(request).rehearsal}


@router.get("/readyz")
def readyz(request: Request) -> dict[str, Any]:
    """That candidates can be served; ``alarms`` names papers that are locked near their start.

    An alarm does not make a process unready: candidates come in and are recorded meanwhile.

    Raises:
        RoomNotReady: the state or the charter is out of reach.
    """
    room = room_of(request)
    alarms = list(request.app.state.releases.alarms)
    version = room.charter().charter.version
    return {"status": "ready", "exam": room.exam, "charter": version, "alarms": alarms}


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Serve the process's metrics to this computer itself; through a proxy there are none.

    Raises:
        PageUnknown: the caller is another computer, or a page that made its domain point here.
    """
    peer = request.client.host if request.client else ""
    direct = "x-forwarded-for" not in request.headers and urls.is_loopback(peer)
    if not direct or not is_private_host(request.headers.get("host", "")):
        raise PageUnknown
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
