"""Routes for those who run the room: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from oneseat.room.http.application import room_of
from oneseat.web.refusals import PageUnknown

router = APIRouter()


@router.get("/healthz")
async def healthz(request: Request) -> dict[str, Any]:
    """That the process runs and answers."""
    return {"status": "ok", "rehearsal": room_of(request).rehearsal}


@router.get("/readyz")
def readyz(request: Request) -> dict[str, Any]:
    """That candidates can be served.

    Raises:
        RoomNotReady: the state or the charter is out of reach.
    """
    room = room_of(request)
    return {"status": "ready", "exam": room.exam, "charter": room.charter().charter.version}


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Serve the process's metrics to this computer itself; through a proxy there are none.

    Raises:
        PageUnknown: the caller is another computer.
    """
    peer = request.client.host if request.client else ""
    if "x-forwarded-for" in request.headers or not _is_loopback(peer):
        raise PageUnknown
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
