"""Routes of operators' pages: entry, the list of a session's attempts, one attempt, its identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.http.application import room_of
from oneseat.room.http.views import Views
from oneseat.room.refusals.staff import StaffSessionMissing
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.identity import REASONS, RETAKES, Identity
from oneseat.room.rules.steps import Step
from oneseat.room.rules.wall import SILENT_AFTER
from oneseat.room.services.attempts import receipts
from oneseat.room.services.page.attempt_view import paused_until, step_of
from oneseat.room.staff import visits, words
from oneseat.room.staff.attempts import invigilation
from oneseat.room.staff.identity import decisions, retakes
from oneseat.room.staff.identity.decisions import Opened
from oneseat.room.staff.posting import AttemptPage
from oneseat.room.staff.sessions import chosen_session
from oneseat.room.staff.showing import HEADERS, show
from oneseat.room.staff.visits import HOME, StaffVisit, visit
from oneseat.state.candidates import seat_search
from oneseat.state.room import attempt_list, events, takes
from oneseat.state.room.attempt_list import AttemptFilter, Shown
from oneseat.state.room.attempts import Attempt
from oneseat.web.problems import status_of
from signing.errors import OneSeatError
from signing.text import Text

PER_PAGE = 50
MAX_EVENTS = 1000
"""Events that one page shows; an attempt has tens to hundreds."""
_SHOWN_END = 4
_MOST_PAGES = 10_000
Token = Annotated[str, Form(max_length=128)]
Choice = Annotated[str, Form(max_length=32)]

router = APIRouter(prefix="/staff", include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """One attempt in the list. ``silent`` is whether its page is not heard though it should be."""

    attempt: Attempt
    number: str
    step: Text
    identity: Text
    missing: int
    silent: bool


@router.post("/enter")
def enter(request: Request, entry: Annotated[str, Form(max_length=128)] = "") -> Response:
    """Spend an entry from the desk and open a session."""
    room = room_of(request)
    response = RedirectResponse(HOME, 303)
    origin = request.headers.get("origin") or request.headers.get("referer", "")
    visits.set_cookie(room, response, visits.enter(room, entry, origin))
    return response


@router.post("/leave")
def leave(request: Request, form_token: Token = "") -> Response:
    """End the session."""
    visited = visit(request)
    visited.check_form(request, form_token)
    visits.leave(visited)
    response = RedirectResponse(HOME, 303)
    visits.delete_cookie(visited.room, response)
    return response


@router.get("/")
def list_page(
    request: Request,
    session: Annotated[str, Query(max_length=16)] = "",
    shown: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """The attempts of a session."""
    visited = visit(request)
    room, now = visited.room, visited.now
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        held = attempt_list.sessions(connection, room.exam)
        kind, position = chosen_session(session, held, charter, now)
        which = Shown(shown) if shown in list(Shown) else Shown.ALL
        wanted = AttemptFilter(kind, position, which, now - SILENT_AFTER, visited.watcher)
        total = attempt_list.count(connection, room.exam, wanted)
        found = attempt_list.page(connection, room.exam, wanted, (page - 1) * PER_PAGE, PER_PAGE)
        numbers = seat_search.numbers_of(connection, room.exam, [each.jti for each in found])
        lacking = attempt_list.missing(connection, [each.id for each in found])
    return show(
        request,
        visited,
        "staff/list.html.j2",
        lines=[_line(charter, each, numbers, lacking, now) for each in found],
        held=held,
        kind=kind,
        position=position,
        shown=which,
        shown_words=words.SHOWN,
        page=page,
        pages=max(1, -(-total // PER_PAGE)),
        total=total,
    )


@router.get("/attempts/{attempt_id}")
def attempt_page(request: Request, attempt_id: str, done: str = "") -> Response:
    """One attempt: its events in time order, its recordings, and the state of its identity."""
    return show_attempt(request, visit(request), attempt_id, done=done)


@router.post("/attempts/{attempt_id}/identity")
def look(request: Request, attempt_id: str, form_token: Token = "") -> Response:
    """The same page with photographs and name, as the answer to a form: no address shows them by itself."""
    visited = visit(request, Duty.IDENTITY)
    visited.check_form(request, form_token)
    return show_attempt(request, visited, attempt_id, opened=decisions.look(visited, attempt_id[:64]))


@router.post("/attempts/{attempt_id}/decision")
def decide(
    request: Request,
    attempt_id: str,
    outcome: Choice = "",
    reason: Choice = "",
    note: Annotated[str, Form(max_length=1000)] = "",
    form_token: Token = "",
) -> Response:
    """Add a decision on the identity."""
    visited = visit(request, Duty.IDENTITY)
    visited.check_form(request, form_token)
    # One field gives outcome and reason, so that no reason of another outcome can be chosen.
    outcome, _, reason = reason.partition(":") if not outcome else (outcome, ":", reason)
    return ATTEMPT_PAGE.act(
        request,
        visited,
        attempt_id,
        "decided",
        lambda: decisions.decide(visited, attempt_id[:64], outcome, reason, note.strip()),
    )


@router.post("/attempts/{attempt_id}/again")
def ask_again(request: Request, attempt_id: str, reason: Choice = "", form_token: Token = "") -> Response:
    """Ask the candidate for new photographs."""
    visited = visit(request, Duty.IDENTITY)
    visited.check_form(request, form_token)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "asked", lambda: retakes.ask(visited, attempt_id[:64], reason)
    )


@router.get("/enter")
@router.get("/leave")
@router.get("/attempts/{attempt_id}/identity")
@router.get("/attempts/{attempt_id}/decision")
@router.get("/attempts/{attempt_id}/again")
def address(attempt_id: str = "") -> Response:
    """Redirects a GET of a form's target."""
    return ATTEMPT_PAGE.redirect(attempt_id)


def show_attempt(
    request: Request,
    visited: StaffVisit,
    attempt_id: str,
    *,
    opened: Opened | None = None,
    refusal: RoomError | None = None,
    done: str = "",
) -> Response:
    """One attempt's page, with what was done or refused.

    Raises:
        AttemptUnknown: there is no such attempt.
    """
    room = visited.room
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        attempt = decisions.find(connection, visited, attempt_id[:64])
        case = decisions.case_of(connection, visited, attempt)
        numbers = seat_search.numbers_of(connection, room.exam, [attempt.jti])
        lacking = attempt_list.missing(connection, [attempt.id])
        history = events.list_of(connection, room.exam, attempt.id)
        recorded = takes.list_of(connection, attempt.id)
        watched = invigilation.facts_of(connection, visited, attempt)
        no_retake = retakes.refusal(connection, visited, attempt)
    return show(
        request,
        visited,
        "staff/attempt.html.j2",
        200 if refusal is None else status_of(refusal),
        line=_line(charter, attempt, numbers, lacking, visited.now),
        case=case,
        opened=opened,
        refusal=refusal,
        done=done,
        history=sorted(history[-MAX_EVENTS:], key=lambda event: event.at),
        more_events=len(history) > MAX_EVENTS,
        takes=recorded,
        receipt=receipts.wire(attempt.receipt),
        choices=_choices(case),
        retakes=() if no_retake else RETAKES,
        watched=watched,
    )


ATTEMPT_PAGE = AttemptPage(f"{HOME}attempts", HOME, show_attempt)


def refusal_page(request: Request, error: OneSeatError) -> Response:
    """A refusal as a page for operators."""
    charter = room_of(request).last_charter
    views: Views = request.app.state.views
    desk = None
    if isinstance(error, StaffSessionMissing) and charter is not None:
        desk = f"{charter.charter.portal_url.rstrip('/')}/desk/{charter.charter.exam}/room"
    page = views.page(
        "staff/refused.html.j2",
        status_of(error),
        charter=charter and charter.charter,
        error=error,
        desk=desk,
        visit=None,
    )
    page.headers.update(HEADERS)
    return page


def _choices(case: decisions.Case) -> list[tuple[Identity, Sequence[str]]]:
    """The decisions that this operator may make now, with their reasons."""
    allowed = {Identity.PASSED: case.may_pass, Identity.REJECTED: case.may_reject}
    return [(outcome, reasons) for outcome, reasons in REASONS.items() if allowed.get(outcome, True)]


def _line(
    charter: CharterInForce,
    attempt: Attempt,
    numbers: dict[str, str],
    lacking: dict[str, int],
    now: datetime,
) -> Line:
    step = step_of(charter, attempt, now)
    running = step in (Step.WAITING, Step.QUESTIONS, Step.HAND_IN)
    unheard = attempt.window_seen_at is None or attempt.window_seen_at < now - SILENT_AFTER
    return Line(
        attempt,
        masked(numbers.get(attempt.jti, attempt.jti)),
        words.STEPS[step] if paused_until(charter, attempt, now) is None else words.PAUSED,
        _identity_words(charter, attempt),
        lacking[attempt.id],
        running and unheard,
    )


def _identity_words(charter: CharterInForce, attempt: Attempt) -> Text:
    if attempt.identity_state is not None:
        return words.STATES[Identity(attempt.identity_state)]
    if attempt.identity_at is not None:
        return words.STATES[Identity.UNDECIDED]
    return Text("not sent", "未提交") if charter.has_identity_step else Text("none", "不核验")


def masked(number: str) -> str:
    """An admission number as lists show it: its end."""
    return f"••••{number[-_SHOWN_END:]}"
