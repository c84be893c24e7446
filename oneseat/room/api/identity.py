"""The page's call of the identity step: two photographs in base64, a name and a number, in one body.

One body, so that a call whose answer is lost can be repeated whole. Its fields are never shown again.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from oneseat.files.pictures import MAX_ENCODED_BYTES
from oneseat.room.api.page_calls import Window
from oneseat.room.http.application import room_of
from oneseat.room.refusals.identity import PhotoUnusable
from oneseat.room.services.identity import identity_step
from oneseat.room.services.identity.identity_step import SentIdentity, SentPhoto
from oneseat.web.strict_json import JsonRoute

MAX_TRIES = 9
"""The page gives four takes of each photograph; a candidate who reloads begins again."""
_BASE64 = MAX_ENCODED_BYTES * 4 // 3 + 4

router = APIRouter(prefix="/room/api", route_class=JsonRoute)


class PhotoBody(BaseModel):
    """A photograph, and what the page's look at its pixels has found."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    picture: str = Field(max_length=_BASE64, repr=False)
    tries: int = Field(ge=1, le=MAX_TRIES)
    finding: Literal["good", "dark", "bright", "blurred"]

    def sent(self) -> SentPhoto:
        """The photograph, decoded from base64.

        Raises:
            PhotoUnusable: it is no base64 (RFC 4648).
        """
        try:
            content = base64.b64decode(self.picture, validate=True)
        except binascii.Error:
            raise PhotoUnusable from None
        return SentPhoto(content, self.tries, self.finding)


class IdentityBody(BaseModel):
    """What the identity step sends. ``name`` and ``number`` are empty where they were typed before."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    epoch: int = Field(ge=0, le=1 << 31)
    face: PhotoBody | None = None
    card: PhotoBody | None = None
    name: Annotated[str, StringConstraints(max_length=64)] = Field(default="", repr=False)
    number: Annotated[str, StringConstraints(max_length=40)] = Field(default="", repr=False)


@router.post("/identity")
def identity(request: Request, body: IdentityBody, window: Window) -> dict[str, Any]:
    """Finish the identity step."""
    given = {identity_step.FACE: body.face, identity_step.CARD: body.card}
    photos = {what: photo.sent() for what, photo in given.items() if photo is not None}
    sent = SentIdentity(photos, body.name, body.number)
    return identity_step.finish(room_of(request), window, body.epoch, sent)
