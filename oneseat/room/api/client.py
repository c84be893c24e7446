"""Calls of the installed client: its look at the room, the room's time, and admission without a ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from starlette.responses import Response

from oneseat.room.http.application import room_of
from oneseat.room.http.call_answer import CallAnswer
from oneseat.room.http.strangers import limited
from oneseat.room.services.arrival import admission as admission_service
from oneseat.room.services.arrival import looks
from oneseat.room.services.arrival.admission import AdmissionCall
from oneseat.room.services.arrival.looks import Look
from oneseat.web.fast_routes import FastRoute
from oneseat.web.strict_json import JsonRoute
from signing.authority.signer import sign_token
from signing.room_tokens import RoomTime
from signing.text import Text
from signing.tokens import VERSION

MAX_CREDENTIAL = 4096

router = APIRouter(prefix="/client/v1", route_class=JsonRoute)
fast = APIRouter(prefix="/client/v1", route_class=FastRoute)
"""What clients call all the time."""
TakeInLook = Callable[[Look], Awaitable[dict[str, Any]]]


class LookBody(BaseModel):
    """A look: the ticket or the upload grant, and the device's signature over all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket: str = Field(default="", max_length=MAX_CREDENTIAL)
    grant: str = Field(default="", max_length=128)
    at: int = Field(ge=0, le=10**11)
    sequence: int = Field(ge=0, le=1 << 53)
    body: dict[str, JsonValue]
    proof: str = Field(min_length=1, max_length=128)

    @model_validator(mode="after")
    def _one_credential(self) -> LookBody:
        if bool(self.ticket) == bool(self.grant):
            raise ValueError(Text("give ticket or grant", "须提供入场凭证或上传凭证之一"))
        return self


@fast.post("/look")
async def look(request: Request, body: LookBody) -> Response:
    """What became of the window and the attempt."""
    given = Look(body.ticket, body.grant, body.at, body.sequence, body.body, body.proof)
    room = room_of(request)
    take_in: TakeInLook = request.app.state.take_in_look
    with limited(request, lambda: looks.verifies(room, given)):
        return CallAnswer(await take_in(given))


class TimeBody(BaseModel):
    """A client's nonce, so that no earlier answer can be shown to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_nonce: str = Field(min_length=1, max_length=64)


@router.post("/time")
def time(request: Request, body: TimeBody) -> dict[str, str]:
    """The room's signed time, for a client that starts while the portal is down."""
    room = room_of(request)
    given = RoomTime(room.exam, body.client_nonce, int(room.clock.now().timestamp()), VERSION)
    return {"time": sign_token(room.receipt_signer, RoomTime.TYP, given.claims())}


class AdmissionBody(BaseModel):
    """A device that is activated, and gets no ticket from the portal, asks to come in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    activation: str = Field(min_length=1, max_length=MAX_CREDENTIAL)
    kind: Literal["mock", "formal"]
    at: int = Field(ge=0, le=10**11)
    proof: str = Field(min_length=1, max_length=128)


@router.post("/admission")
def admission(request: Request, body: AdmissionBody) -> dict[str, str]:
    """A pass that the room takes as a ticket, while two persons have switched that on."""
    room, call = room_of(request), AdmissionCall(body.activation, body.kind, body.at, body.proof)
    with limited(request, lambda: admission_service.verifies(room, call)):
        return {"ticket": admission_service.admit(room, call)}
