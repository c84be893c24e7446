"""API routes for candidates' programs and for a portal in front: login, download, seat, keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.delivery.compose import MEDIA_TYPE as INSTALLER
from oneseat.portal.delivery.compose import PHONE_MEDIA_TYPE as PHONE_APP
from oneseat.portal.delivery.compose import ComposedInstaller
from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import Portal, portal_of
from oneseat.portal.http.cookies import session_of
from oneseat.portal.http.request_address import address_of, given_address
from oneseat.portal.http.timing import with_minimum_duration
from oneseat.portal.refusals.downloads import InstallerUnknown
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.sdk.models import (
    Authenticated,
    DownloadOffer,
    IdentityBody,
    KeySet,
    LinkAnswer,
    NumberBody,
    PublicKey,
    SeatStatus,
)
from oneseat.portal.services.downloads import compose_installer, link_expiry, serve_installer, serve_phone
from oneseat.portal.services.login.idempotency import retry_of
from oneseat.portal.services.login.identity import Identity, IdentityClaim, recorded
from oneseat.portal.services.login.visits import Visit, visit_of_number
from oneseat.portal.services.seat_access import identify_caller, visit_by_link
from oneseat.portal.services.seat_status import status_of_seat
from oneseat.portal.services.service_tokens import Bearer, require, service_token_of
from oneseat.portal.tokens.challenge import ChallengeReply
from oneseat.state.accounts.service_tokens import Scope
from oneseat.web.fast_routes import FastRoute
from oneseat.web.strict_json import JsonRoute
from signing.authority.sealing import unseal
from signing.binding import install_code
from signing.jws import b64url_encode

PREFIX = "/api/v1"
router = APIRouter(prefix=PREFIX, route_class=JsonRoute)
fast = APIRouter(prefix=PREFIX, route_class=FastRoute)

Jti = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
"""A seat's pseudonym in an address."""

CHARTER = "application/jose"
KEYS = "application/jwk-set+json"


def as_json(answer: BaseModel) -> Response:
    """Serialise a model directly, since FastAPI would validate it a second time."""
    return Response(answer.model_dump_json(), media_type="application/json")


def _described(*statuses: int, media_type: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI descriptions of answers that are not JSON."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    descriptions = {200: "The whole.", 206: "The ranges asked for.", 304: "It is what you have already."}
    descriptions[307] = "It is in a bucket: fetch it there at once."
    return {
        status: {
            "description": descriptions[status],
            **({"content": {media_type: binary}} if status < 300 else {}),
        }
        for status in statuses
    }


# ------------------------------------------------------------------------------------------- logging in


@fast.post("/exams/{exam}/authenticate", response_model=Authenticated)
async def authenticate(request: Request, exam: str, body: IdentityBody) -> Response:
    """Prove an identity and get a session, the download and the install code."""
    portal = portal_of(request)
    served = portal.exam(exam)
    now = portal.clock.now()
    identity = Identity(body.name, body.id_number, body.admission_number)
    reply = ChallengeReply(body.reply.stamp, body.reply.answer) if body.reply else None
    origin = await _origin_of(request, served, body)
    retry = retry_of(request, served, origin.counted, body.name, body.id_number, body.admission_number)
    claim = IdentityClaim(served, identity, origin, portal.limit, now, reply=reply, retry=retry)
    visit = await with_minimum_duration(portal, recorded(claim, portal.log_in(claim), "api"))
    if visit.decision.may_fetch and not served.holds_release_of(visit.seat):
        await run_in_threadpool(served.release_of, visit.seat)
    return as_json(_authenticated(portal, served, visit))


async def _origin_of(request: Request, exam: ServedExam, body: IdentityBody) -> Origin:
    """The attempt's origin: the request's address, or one that an authorised program reports."""
    if body.client_address is None:
        return Origin(address_of(request))
    now = portal_of(request).clock.now()
    bearer = service_token_of(request)
    service = await run_in_threadpool(require, exam, bearer, Scope.AUTHENTICATE, now)
    return Origin(given_address(body.client_address), through=service.id)


def _authenticated(portal: Portal, exam: ServedExam, visit: Visit) -> Authenticated:
    until = visit.decision.fetch_until
    return Authenticated(
        session=exam.signed_values.session(visit.seat.jti, portal.clock.now(), visit.seat.session_epoch),
        jti=visit.seat.jti,
        state=visit.decision.phase,
        download=_offer(portal, visit, compose_installer(exam, visit)) if visit.decision.may_fetch else None,
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
    """The URL path of the seat's installer, by pseudonym and not by admission number."""
    return f"{PREFIX}/exams/{visit.seat.exam}/installers/{visit.seat.jti}"


def phone_path(visit: Visit) -> str:
    """The URL path of the seat's phone app, by pseudonym."""
    return f"{PREFIX}/exams/{visit.seat.exam}/phones/{visit.seat.jti}"


def install_code_of(exam: ServedExam, visit: Visit) -> str:
    """The seat's install code, for its authenticated owner."""
    return install_code(unseal(exam.delivery_key, visit.seat.sealed_key, visit.seat.jti.encode("ascii")))


# ------------------------------------------------------------------------------------------- downloads


@router.api_route(
    "/exams/{exam}/installers/{jti}",
    methods=["GET", "HEAD"],
    response_class=Response,
    responses=_described(200, 206, 304, 307, media_type=INSTALLER),
)
async def installer(
    request: Request,
    exam: str,
    jti: Jti,
    bearer: Bearer,
    link: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """The seat's installer: head of the base and stamped tail, with ranges and conditions.

    Takes the seat's own session, a service token with the scope `download`, or a link, which
    counts before the others. Where installers were published whole to a
    bucket, and the portal is set to use it, the answer may be a 307 to the bucket:
    follow it at once, it soon ends.
    """
    portal = portal_of(request)
    served = portal.exam(exam)
    session = session_of(request, exam)

    def visit() -> Visit | None:
        now = portal.clock.now()
        if link is not None:
            return visit_by_link(served, link, now)
        return identify_caller(served, bearer, session, Scope.DOWNLOAD, now).visit(jti)

    return await run_in_threadpool(serve_installer, served, jti, visit, request.method, portal.clock)


@router.api_route(
    "/exams/{exam}/phones/{jti}",
    methods=["GET", "HEAD"],
    response_class=Response,
    responses=_described(200, 206, 304, 307, media_type=PHONE_APP),
)
async def phone(
    request: Request,
    exam: str,
    jti: Jti,
    bearer: Bearer,
    link: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """The seat's phone app for Android, where the exam has one; the same rules as the installer's.

    Its download is recorded apart from the installer's.
    """
    portal = portal_of(request)
    served = portal.exam(exam)
    session = session_of(request, exam)

    def visit() -> Visit | None:
        now = portal.clock.now()
        if link is not None:
            return visit_by_link(served, link, now)
        return identify_caller(served, bearer, session, Scope.DOWNLOAD, now).visit(jti)

    return await run_in_threadpool(serve_phone, served, jti, visit, request.method, portal.clock)


@router.post("/exams/{exam}/installers/{jti}/links")
def links(request: Request, exam: str, jti: Jti, bearer: Bearer) -> LinkAnswer:
    """An address that fetches the seat's installer without a session, for a quarter of an hour at most.

    It is what a portal in front sends its candidate's browser to. It grants nothing by
    itself: the gate decides when it is followed. Needs the seat's own session, or the
    scope `download`. `phone_url` fetches the phone app likewise; it is null where the exam has none.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    caller = identify_caller(served, bearer, session_of(request, exam), Scope.DOWNLOAD, now)
    visit = caller.visit(jti)
    if visit is None:
        raise InstallerUnknown
    until = link_expiry(visit, now)
    token = served.signed_values.link(jti, until, caller.service, visit.seat.session_epoch)
    url = f"{portal.public_url}{installer_path(visit)}?link={token}"
    phones = visit.in_force.charter.phone
    phone_url = f"{portal.public_url}{phone_path(visit)}?link={token}" if phones and phones.has_app else None
    return LinkAnswer(url=url, expires=until.isoformat(timespec="seconds"), phone_url=phone_url)


# --------------------------------------------------------------------------------------- how a seat is


@router.get("/exams/{exam}/seats/{jti}")
def seat(request: Request, exam: str, jti: Jti, bearer: Bearer) -> SeatStatus:
    """How far a seat is, for its own session, or for a program with the scope `seat:read`."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    visit = identify_caller(served, bearer, session_of(request, exam), Scope.SEAT_READ, now).visit(jti)
    if visit is None:
        raise SeatNotFound
    return status_of_seat(served, visit)


@router.post("/exams/{exam}/seat-lookups")
def look_up_seat(request: Request, exam: str, body: NumberBody, bearer: Bearer) -> SeatStatus:
    """How far a candidate is, by admission number. Needs the scope `seat:read`."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.SEAT_READ, now)
    return status_of_seat(served, visit_of_number(served, body.admission_number, now))


# ---------------------------------------------------------------------------------------- public things


@router.get("/exams/{exam}/charter", response_class=Response, responses=_described(200, media_type=CHARTER))
def charter(request: Request, exam: str) -> Response:
    """The newest published charter, as the token that clients verify."""
    token = portal_of(request).exam(exam).charter().token
    return Response(token, media_type=CHARTER, headers={"cache-control": "no-cache"})


@router.get(
    "/exams/{exam}/jwks.json",
    response_class=Response,
    responses={
        200: {
            "description": "The keys.",
            "content": {KEYS: {"schema": {"$ref": "#/components/schemas/KeySet"}}},
        }
    },
)
def jwks(request: Request, exam: str) -> Response:
    """The exam's public keys, as the charter in force lists them.

    For programs that verify tickets. Clients believe the charter, which the root key
    signed, and not this list.
    """
    in_force = portal_of(request).exam(exam).charter().charter
    keys = [
        PublicKey(
            kty="OKP",
            crv="Ed25519",
            x=b64url_encode(key.x),
            kid=key.kid,
            alg="Ed25519",
            use="sig",
            oneseat_use=key.use,
        )
        for key in in_force.keys
    ]
    content = KeySet(keys=keys).model_dump_json()
    return Response(content, media_type=KEYS, headers={"cache-control": "public, max-age=60"})
