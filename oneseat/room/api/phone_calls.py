"""Calls of the phone's page: challenge, login, return, consent, steps, beat, promise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from oneseat.room.api.page_calls import (
    MAX_NAMED,
    BeatBody,
    Calling,
    PromisedBody,
    announced,
)
from oneseat.room.http.application import (
    hand_ins_of,
    phone_cookie_of,
    require_own_page,
    room_of,
    set_phone_cookie,
)
from oneseat.room.http.call_answer import CallAnswer
from oneseat.room.http.strangers import StrangerLimit, address_of
from oneseat.room.refusals.entry import EntriesBusy
from oneseat.room.refusals.phones import PairCodeUnknown, PhoneIdentityWrong, PhoneProofInvalid
from oneseat.room.services.phone import phone_login, phone_proofs, phone_steps
from oneseat.room.services.phone.phone_beats import GivenPhoneBeat
from oneseat.room.services.phone.phone_calls import hash_of
from oneseat.room.services.phone.phone_login import LoggedIn, PhoneLogin
from oneseat.room.services.phone.typed_identities import TypedIdentities, TypedIdentity, busy
from oneseat.web.fast_routes import FastRoute
from oneseat.web.refusals import RequestInvalid
from oneseat.web.strict_json import JsonRoute
from signing.jws import b64url_decode, canonical_json
from signing.refusals import TokenMalformed

PREFIX = "/phone/api"
_NOTHING_VERIFIES = (PhoneProofInvalid, PhoneIdentityWrong, PairCodeUnknown)
_MIB = 1 << 31

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)
fast = APIRouter(prefix=PREFIX, route_class=FastRoute)
"""What phones call all the time."""
TakeInPhoneBeat = Callable[[GivenPhoneBeat], Awaitable[dict[str, Any]]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class ChallengeBody(_Body):
    """A phone that wants to prove its key."""


Typed = Annotated[str, Field(min_length=1, max_length=64, repr=False)]


class IdentityBody(_Body):
    """What the candidate typed on the phone."""

    admission_number: Typed
    name: Typed
    id_number: Typed


class LoginBody(_Body):
    """A phone's login. One of ``identity`` and ``pair`` names the seat."""

    nonce: str = Field(max_length=64)
    key: str = Field(max_length=200)
    proof: str = Field(max_length=100, repr=False)
    kind: Literal["app", "page"]
    licence: str = Field(default="", max_length=4096, repr=False)
    digest: str = Field(default="", max_length=64)
    facts: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_NAMED)
    identity: IdentityBody | None = None
    pair: str = Field(default="", max_length=64, repr=False)
    move: str = Field(default="", max_length=12, repr=False)


class ReturnBody(_Body):
    """A phone that comes back with its key."""

    phone: str = Field(pattern=r"^[0-9a-f]{32}$")
    nonce: str = Field(max_length=64)
    proof: str = Field(max_length=100, repr=False)


class PhoneConsentBody(Calling):
    """The answer to the privacy notice on the phone."""

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    agreed: bool


class PhoneStepBody(Calling):
    """A step of the phone that is finished, with its facts."""

    step: Literal["check", "sweep", "placed"]
    facts: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_NAMED)


class PhoneFacts(_Body):
    """What a phone says of itself; None where it cannot know."""

    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    charging: bool | None = None
    free_mib: Annotated[int, Field(ge=0, le=_MIB)] | None = None
    backlog_mib: Annotated[int, Field(ge=0, le=_MIB)] | None = None
    hidden: bool | None = None


class PhoneBeatBody(BeatBody):
    """The phone's control call."""

    facts: PhoneFacts = PhoneFacts()


class PromiseBody(Calling):
    """How many segments each of the phone's takes has."""

    takes: list[PromisedBody] = Field(default=[], max_length=1000)


PhoneCookie = Annotated[str | None, Depends(phone_cookie_of)]


@router.post("/challenge")
def challenge(request: Request, body: ChallengeBody) -> dict[str, Any]:  # noqa: ARG001 -- an object is required
    """Give a nonce for a proof of the phone's key."""
    return {"nonce": phone_proofs.nonce(room_of(request))}


@router.post("/login")
async def login(request: Request, body: LoginBody) -> Response:
    """Let a phone in. Logins in which nothing verifies are limited by address."""
    require_own_page(request)
    room, given = room_of(request), _login_of(body)
    limit, address = cast(StrangerLimit, request.app.state.phone_strangers), address_of(request)
    try:
        limit.check(address, lambda: phone_login.verifies(room, given))
    except EntriesBusy as refusal:
        raise busy(refusal.retry_after_s or 1) from None
    identities: TypedIdentities = request.app.state.typed_identities
    try:
        entered = await run_in_threadpool(phone_login.log_in, room, given, identities.seat_of)
    except _NOTHING_VERIFIES:
        limit.charge(address)
        raise
    return _with_cookie(request, entered)


@router.post("/return")
def come_back(request: Request, body: ReturnBody) -> Response:
    """Give a phone that shows its key a new cookie."""
    require_own_page(request)
    return _with_cookie(request, phone_login.come_back(room_of(request), body.phone, body.nonce, body.proof))


@router.post("/consent")
def consent(request: Request, body: PhoneConsentBody, cookie: PhoneCookie) -> dict[str, Any]:
    """Answer the privacy notice."""
    return phone_steps.consent(room_of(request), cookie, body.epoch, body.version, agreed=body.agreed)


@router.post("/step")
def step(request: Request, body: PhoneStepBody, cookie: PhoneCookie) -> dict[str, Any]:
    """Finish a step."""
    return phone_steps.finish_step(room_of(request), cookie, body.epoch, body.step, body.facts)


@fast.post("/beat")
async def beat(request: Request, body: PhoneBeatBody) -> Response:
    """Announce recordings, get addresses for them, learn what is stored."""
    facts = canonical_json(body.facts.model_dump()).decode("ascii")
    cookie = hash_of(phone_cookie_of(request))
    take_in: TakeInPhoneBeat = request.app.state.take_in_phone_beat
    given = GivenPhoneBeat(cookie, body.epoch, announced(body, "phone"), facts)
    del body  # as for a computer's beat
    return CallAnswer(await take_in(given))


@fast.post("/promise")
async def promise(request: Request, body: PromiseBody) -> Response:
    """Say how many segments each take has."""
    promised = {each.take: each.promised for each in body.takes}
    given = (room_of(request), phone_cookie_of(request), body.epoch, promised)
    del body
    return CallAnswer(await hand_ins_of(request).run(phone_steps.promise, *given))


def _login_of(body: LoginBody) -> PhoneLogin:
    """A login as it was sent.

    Raises:
        RequestInvalid: it names its seat in no way or in two, or its key is no base64url.
    """
    if bool(body.pair) == (body.identity is not None):
        raise RequestInvalid(where="body.pair")
    try:
        key = b64url_decode(body.key)
    except TokenMalformed:
        raise RequestInvalid(where="body.key") from None
    typed = None if body.identity is None else TypedIdentity(**body.identity.model_dump())
    return PhoneLogin(
        nonce=body.nonce,
        key=key,
        proof=body.proof,
        kind=body.kind,
        licence=body.licence,
        digest=body.digest,
        pair=body.pair,
        move=body.move,
        identity=typed,
    )


def _with_cookie(request: Request, entered: LoggedIn) -> Response:
    response = JSONResponse(entered.answer)
    set_phone_cookie(room_of(request), response, entered.cookie)
    return response
