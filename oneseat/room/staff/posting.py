"""Answers an operator's form: acts, and shows its page again with what was done, or with the refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.staff.visits import StaffVisit

MAX_ID = 64


def act_and_answer(act: Callable[[], object], page: Callable[[RoomError], Response], done: str) -> Response:
    """Act, and redirect to the address ``done``; show ``page`` with the refusal where the act is refused.

    After a redirect, reloading the page does not post the form again (RFC 9110, section 15.4.4).
    """
    try:
        act()
    except RoomError as refusal:
        return page(refusal)
    return RedirectResponse(done, 303)


class ShowAttempt(Protocol):
    """Draws the page of one attempt."""

    def __call__(
        self, request: Request, visited: StaffVisit, attempt_id: str, *, refusal: RoomError | None = None
    ) -> Response:
        """Draw it, with the refusal of an act where there is one."""
        ...


@dataclass(frozen=True)
class AttemptPage:
    """A page about one attempt, to which the forms on it return.

    It stands below the address ``below``, one folder for each attempt; ``show`` draws it. ``home`` is
    where somebody goes whose address names no attempt.
    """

    below: str
    home: str
    show: ShowAttempt

    def address(self, attempt_id: str) -> str:
        """The page's address."""
        return f"{self.below}/{attempt_id[:MAX_ID]}"

    def act(
        self, request: Request, visited: StaffVisit, attempt_id: str, done: str, act: Callable[[], object]
    ) -> Response:
        """Act on the attempt, and show its page again: with what was ``done``, or with the refusal."""
        return act_and_answer(
            act,
            lambda refusal: self.show(request, visited, attempt_id, refusal=refusal),
            f"{self.address(attempt_id)}?done={done}",
        )

    def redirect(self, attempt_id: str) -> Response:
        """The answer to a GET of a form's target, which is no page: the page with the form."""
        return RedirectResponse(self.address(attempt_id) if attempt_id.isalnum() else self.home, 303)
