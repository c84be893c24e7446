"""The HTTP API, version 1: what the client, and a portal in front, call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from portal.activation import ActivationRequest, activate
from portal.addresses import in_networks
from portal.challenge import Reply
from portal.compose import ComposedInstaller
from portal.downloads import fetch, installer_of
from portal.errors import NotReady, PageUnknown
from portal.lean import LeanRoute
from portal.login import Identity, Visit, log_in
from portal.requests import Portal, address_of, evenly, portal_of, session_of, whole_portal_of
from portal.served import ServedExam
from signing.binding import install_code
from signing.errors import OneSeatError
from signing.sealing import unseal
from signing.signer import sign_token
from signing.tokens import VERSION, PortalTime

router = APIRouter(prefix="/api/v1")
lean = APIRouter(prefix="/api/v1", route_class=LeanRoute)
health = APIRouter()

_NO_STORE = {"cache-control": "no-store"}

Typed = Annotated[str, Field(min_length=1, max_length=100)]
Encoded = Annotated[str, Field(min_length=1, max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ReplyBody(_Body):
    """The answer to the question that a refusal carried as ``challenge``; it spares the wait."""

    stamp: Annotated[str, Field(min_length=1, max_length=1024)]
    answer: Typed


class IdentityBody(_Body):
    """Who asks: as on the ID document and the admission ticket."""

    name: Typed
    id_number: Typed
    admission_number: Typed
    reply: ReplyBody | None = None


class NonceBody(_Body):
    """The client's own nonce, over which the portal signs its time."""

    client_nonce: Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class ActivationBody(_Body):
    """A device's request for its seat. Binary members are base64url without padding."""

    licence: Annotated[str, Field(min_length=1, max_length=4096)]
    id_number: Typed
    admission_number: Typed
    device_key: Encoded
    nonce: Annotated[str, Field(min_length=1, max_length=1024)]
    signature: Encoded


class DownloadOffer(BaseModel):
    """Where the seat's installer is, and how to know it again."""

    url: str
    size: int
    sha256: str
    filename: str


class Authenticated(BaseModel):
    """A session for one seat. ``download`` is null when nothing may be fetched now."""

    session: str
    jti: str
    state: str
    download: DownloadOffer | None
    fetch_until: str | None
    install_code: str


class NonceAnswer(BaseModel):
    """A challenge to sign, and the portal's time over the client's nonce."""

    nonce: str
    time: str


class ActivationAnswer(BaseModel):
    """The activation token, and the seat key in base64url."""

    activation: str
    seat_key: str


class HealthAnswer(BaseModel):
    """That the portal runs."""

    status: str
    rehearsal: bool


@lean.post("/exams/{exam}/authenticate", response_model=Authenticated)
async def authenticate(request: Request, exam: str, body: IdentityBody) -> Response:
    """Prove an identity and get a session, the download and the install code."""
    portal = portal_of(request)
    served = portal.exam(exam)
    identity = Identity(body.name, body.id_number, body.admission_number)
    reply = Reply(body.reply.stamp, body.reply.answer) if body.reply else None
    address, now = address_of(request), portal.clock.now()
    visit = await evenly(portal, log_in(served, identity, address, portal.limit, now, reply))
    if not served.holds_release_of(visit.seat):
        await run_in_threadpool(served.release_of, visit.seat)
    return _as_json(_authenticated(portal, served, visit))


def _as_json(answer: BaseModel) -> Response:
    """What was just made in the declared shape; FastAPI would check and convert it once more."""
    return Response(answer.model_dump_json(), media_type="application/json")


def _authenticated(portal: Portal, exam: ServedExam, visit: Visit) -> Authenticated:
    until = visit.decision.fetch_until
    return Authenticated(
        session=exam.stamps.session(visit.seat.jti, portal.clock.now()),
        jti=visit.seat.jti,
        state=visit.decision.phase,
        download=_offer(portal, visit, installer_of(exam, visit)) if visit.decision.may_fetch else None,
        fetch_until=until.isoformat(timespec="seconds") if until else None,
        install_code=install_code_of(exam, visit),
    )


def _offer(portal: Portal, visit: Visit, installer: ComposedInstaller) -> DownloadOffer:
    return DownloadOffer(
        url=f"{portal.public_url}{installer_path(visit)}",
        size=installer.size,
        sha256=installer.sha256,
        filename=installer.file_name,
    )


def installer_path(visit: Visit) -> str:
    """Where the seat's installer is fetched: by pseudonym, never by admission number."""
    return f"{router.prefix}/exams/{visit.seat.exam}/installers/{visit.seat.jti}"


def install_code_of(exam: ServedExam, visit: Visit) -> str:
    """The seat's install code, for who has just proved to be its owner."""
    return install_code(unseal(exam.delivery_key, visit.seat.sealed_key, visit.seat.jti.encode("ascii")))


@router.get("/exams/{exam}/installers/{jti}", response_class=Response)
@router.head("/exams/{exam}/installers/{jti}", response_class=Response, include_in_schema=False)
async def installer(request: Request, exam: str, jti: str) -> Response:
    """The seat's installer: head of the base and stamped tail, with ranges and conditions."""
    portal = portal_of(request)
    session = session_of(request, exam)
    return await run_in_threadpool(fetch, portal.exam(exam), jti, session, request.method, portal.clock)


@router.get("/exams/{exam}/charter", response_class=Response)
def charter(request: Request, exam: str) -> Response:
    """The newest published charter, as the token that clients verify."""
    token = portal_of(request).exam(exam).charter().token
    return Response(token, media_type="application/jose", headers={"cache-control": "no-cache"})


@lean.post("/exams/{exam}/nonces", response_model=NonceAnswer)
async def nonces(request: Request, exam: str, body: NonceBody) -> Response:
    """A fresh challenge, and the portal's signed time."""
    portal = portal_of(request)
    served = portal.exam(exam)
    now = portal.clock.now()
    said = PortalTime(served.exam, body.client_nonce, int(now.timestamp()), VERSION)
    token = sign_token(served.activation_signer, PortalTime.TYP, said.claims())
    return _as_json(NonceAnswer(nonce=served.stamps.nonce(now), time=token))


@lean.post("/exams/{exam}/activations", response_model=ActivationAnswer)
async def activations(request: Request, exam: str, body: ActivationBody) -> Response:
    """Tie the seat to the device that asks; the seat key goes out to the seat's owner alone."""
    portal = portal_of(request)
    served = portal.exam(exam)
    asked = ActivationRequest(**body.model_dump())
    address, now = address_of(request), portal.clock.now()
    done = await evenly(portal, run_in_threadpool(activate, served, asked, address, portal.limit, now))
    return _as_json(ActivationAnswer(activation=done.activation, seat_key=done.seat_key))


@health.get("/healthz")
@router.get("/healthz")
async def healthz(request: Request) -> HealthAnswer:
    """That the process runs and answers."""
    return HealthAnswer(status="ok", rehearsal=portal_of(request).rehearsal)


@health.get("/readyz", response_class=Response)
def readyz(request: Request) -> Response:
    """That candidates of every exam can be served.

    Raises:
        NotReady: a state, charter or release is out of reach.
        LimitOutOfReach: failed attempts cannot be counted.
    """
    facts: dict[str, Any] = {}
    portal = whole_portal_of(request)
    portal.limit.refuse_unready()
    for name, exam in portal.exams.items():
        try:
            exam.refuse_maintenance()
            version = exam.charter().charter.version
            with exam.database.reading() as connection:
                facts[name] = {"charter": version, "build": exam.release(connection).manifest.build}
        except OneSeatError as error:
            raise NotReady(what=f"{name}: {error.code}") from error
    return JSONResponse({"status": "ready", "exams": facts}, headers=_NO_STORE)


@health.get("/metrics", response_class=Response, include_in_schema=False)
def metrics(request: Request) -> Response:
    """The figures of this process, for who asks from a network that may.

    A proxy that says whom it asks for is asked for them: to the world there is no such page.

    Raises:
        PageUnknown: it is somebody else.
    """
    portal = whole_portal_of(request)
    through_another = "x-forwarded-for" in request.headers and not portal.settings.trusted_proxies
    if through_another or not in_networks(address_of(request), portal.settings.metrics_from):
        raise PageUnknown
    figures = generate_latest(request.app.state.metrics.registry)
    return Response(figures, media_type=CONTENT_TYPE_LATEST)
