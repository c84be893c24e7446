"""Delays refusals to a minimum duration, so that their timing reveals nothing about the check."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from oneseat.portal.http.application import Portal
from oneseat.portal.refusals.login import AddressBusy, LoginRefused, SeatThrottled
from signing.refusals import IdentityMismatch

_T = TypeVar("_T")

_TIMED_ALIKE = (LoginRefused, SeatThrottled, AddressBusy, IdentityMismatch)
"""Refusals whose duration must not reveal how far the check got."""


async def with_minimum_duration(portal: Portal, check: Awaitable[_T]) -> _T:
    """Await an identity check; its refusal is delayed to at least ``refusal_floor_s`` after the start."""
    started = time.monotonic()
    try:
        return await check
    except _TIMED_ALIKE:
        await asyncio.sleep(max(0.0, portal.settings.refusal_floor_s - (time.monotonic() - started)))
        raise
