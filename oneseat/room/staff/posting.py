"""Answers an operator's form: acts, and shows its page again with what was done, or with the refusal."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from oneseat.room.errors import RoomError


def act_and_answer(act: Callable[[], object], page: Callable[[RoomError], Response], done: str) -> Response:
    """Act, and redirect to the address ``done``; show ``page`` with the refusal where the act is refused.

    After a redirect, reloading the page does not post the form again (RFC 9110, section 15.4.4).
    """
    try:
        act()
    except RoomError as refusal:
        return page(refusal)
    return RedirectResponse(done, 303)
