"""Calls of the room's page about reminders: one is shown, one was read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from oneseat.room.api.page_calls import Calling, Window
from oneseat.room.http.application import room_of
from oneseat.room.services.page import reminding
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix="/room/api/reminder", route_class=JsonRoute)


class ReminderBody(Calling):
    """A reminder by its id."""

    id: int = Field(ge=1, le=1 << 53)


@router.post("/shown")
def shown(request: Request, body: ReminderBody, window: Window) -> dict[str, Any]:
    """The page shows the reminder."""
    return reminding.shown(room_of(request), window, body.epoch, body.id)


@router.post("/read")
def read(request: Request, body: ReminderBody, window: Window) -> dict[str, Any]:
    """The candidate has read the reminder."""
    return reminding.read(room_of(request), window, body.epoch, body.id)
