"""Calls of the room's page about help: ask, look, withdraw; leave the picture, and end a permission."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from oneseat.room.api.page_calls import Calling, Likely, Window
from oneseat.room.http.application import room_of
from oneseat.room.refusals.help import HelpNotPassedOn
from oneseat.room.services.attempts import permitting
from oneseat.room.services.help import help_requests
from oneseat.room.services.help.help_requests import AskedHelp
from oneseat.web.strict_json import JsonRoute

MAX_WORDS = 500
Reason = Literal["login", "face", "device", "answering", "upload", "computer", "other"]
Code = Annotated[str, Field(max_length=64)]

router = APIRouter(prefix="/room/api", route_class=JsonRoute)


class HelpBody(Calling):
    """A request for help; ``id`` is the page's, so that sending it again makes no second one."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    reason: Reason
    words: str = Field(default="", max_length=MAX_WORDS)
    callback: str | None = Field(max_length=32)
    codes: list[Code] = Field(default=[], max_length=20)
    made_at: Likely


@router.post("/help")
def ask(request: Request, body: HelpBody, window: Window) -> dict[str, Any]:
    """Ask for help.

    Raises:
        HelpNotPassedOn: the room has no token for the portal.
    """
    if request.app.state.settings.portal_token is None:
        raise HelpNotPassedOn
    asked = AskedHelp(body.id, body.reason, body.words, body.callback, tuple(body.codes), body.made_at)
    return help_requests.ask(room_of(request), window, body.epoch, asked)


@router.post("/help/state")
def state(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """What became of the newest request, and the permission that is open."""
    return help_requests.state(room_of(request), window, body.epoch)


@router.post("/help/withdraw")
def withdraw(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """Withdraw the open request."""
    return help_requests.withdraw(room_of(request), window, body.epoch)


@router.post("/permission/leave")
def leave(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """Leave the picture for a while."""
    return permitting.leave(room_of(request), window, body.epoch)


@router.post("/permission/finish")
def finish(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """End the permission that is open."""
    return permitting.finish(room_of(request), window, body.epoch)
