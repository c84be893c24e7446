"""Calls of the computer's page about the phone: a code to pair it, and one to move to another."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from oneseat.room.api.page_calls import Calling, Window
from oneseat.room.http.application import room_of
from oneseat.room.services.phone import pairing
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix="/room/api/phone", route_class=JsonRoute)


@router.post("/pair")
def pair(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """Show a code that lets the candidate's phone in."""
    return pairing.show_pair(room_of(request), window, body.epoch)


@router.post("/move")
def move(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """Show six digits with which another phone takes over."""
    return pairing.show_move(room_of(request), window, body.epoch)
