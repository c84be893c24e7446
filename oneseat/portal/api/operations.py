"""Routes for those who run the portal: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.errors import NotReady
from oneseat.portal.http.application import portal_of, whole_portal_of
from oneseat.portal.http.request_address import address_of
from oneseat.portal.rules.client_address import in_networks
from oneseat.portal.sdk.models import HealthAnswer, ReadyAnswer, ServedAnswer
from oneseat.web.metrics import is_private_host
from oneseat.web.refusals import PageUnknown
from signing.errors import OneSeatError
from signing.text import verbatim

router = APIRouter()


@router.get("/healthz")
@router.get(f"{PREFIX}/healthz", include_in_schema=False)
async def healthz(request: Request) -> HealthAnswer:
    """That the process runs and answers."""
    return HealthAnswer(status="ok", rehearsal=portal_of(request).rehearsal)


@router.get("/readyz")
@router.get(f"{PREFIX}/readyz", include_in_schema=False)
def readyz(request: Request) -> ReadyAnswer:
    """That candidates of every exam can be served.

    Raises:
        NotReady: a state, charter or release is out of reach.
        LimitOutOfReach: failed attempts cannot be counted.
    """
    facts: dict[str, ServedAnswer] = {}
    portal = whole_portal_of(request)
    portal.limit.refuse_unready()
    for name, exam in portal.exams.items():
        try:
            exam.refuse_maintenance()
            version = exam.charter().charter.version
            with exam.database.reading() as connection:
                facts[name] = ServedAnswer(charter=version, build=exam.ready_build(connection))
        except OneSeatError as error:
            raise NotReady(what=verbatim(f"{name}: {error.code}")) from error
    return ReadyAnswer(status="ready", exams=facts)


@router.get("/metrics", response_class=Response, include_in_schema=False)
def metrics(request: Request) -> Response:
    """Serve the process's metrics to clients in the networks of ``metrics_from``.

    A request through a proxy counts under its client's address, and without trusted proxies it is
    refused.

    Raises:
        PageUnknown: the client is in none of the networks, or a page made its domain point here.
    """
    portal = whole_portal_of(request)
    through_another = "x-forwarded-for" in request.headers and not portal.settings.trusted_proxies
    if through_another or not in_networks(address_of(request), portal.settings.metrics_from):
        raise PageUnknown
    own = urlsplit(portal.settings.public_url or "").hostname or ""
    if not is_private_host(request.headers.get("host", ""), own):
        raise PageUnknown
    figures = generate_latest(request.app.state.metrics.registry)
    return Response(figures, media_type=CONTENT_TYPE_LATEST)
