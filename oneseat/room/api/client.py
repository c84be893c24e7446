"""Calls of the installed client: its look at the room."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from oneseat.room.http.application import room_of
from oneseat.room.services import looks
from oneseat.room.services.looks import Look
from oneseat.web.strict_json import JsonRoute
from signing.jws import canonical_json
from signing.text import Text

MAX_CREDENTIAL = 4096

router = APIRouter(prefix="/client/v1", route_class=JsonRoute)


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


@router.post("/look")
def look(request: Request, body: LookBody) -> dict[str, Any]:
    """What became of the window and the attempt."""
    message = canonical_json(body.body)
    given = Look(body.ticket, body.grant, body.at, body.sequence, message, body.proof)
    return looks.look(room_of(request), given)
