"""Routes of the pages for review after a session: the list of its attempts, one of them, and judgements."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from oneseat.room.errors import RoomError
from oneseat.room.rules.attention import NOTABLE, SERIOUS, attention_of
from oneseat.room.rules.clauses import CLAUSES
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.judgements import DISMISSED, ESTABLISHED, may_decide, next_stage
from oneseat.room.staff.attempts import player, recordings
from oneseat.room.staff.attempts.pages import PER_PAGE, masked
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.posting import AttemptPage
from oneseat.room.staff.review import judging, review_list, review_words
from oneseat.room.staff.review.judging import Next, Proposed
from oneseat.room.staff.review.review_list import Kind
from oneseat.room.staff.showing import show
from oneseat.room.staff.visits import HOME, StaffVisit, visit
from oneseat.state.candidates import seat_search
from oneseat.state.room import attempt_list, marks, reviews, takes
from oneseat.web.problems import status_of
from signing.session_times import FORMAL, MOCK

REVIEW = f"{HOME}review"
_MOST_PAGES = 10_000
Token = Annotated[str, Form(max_length=128)]
Choice = Annotated[str, Form(max_length=32)]
Words = Annotated[str, Form(max_length=4000)]

router = APIRouter(prefix="/staff/review", include_in_schema=False)


@router.get("")
def list_page(
    request: Request,
    session: Annotated[str, Query(max_length=16)] = "",
    shown: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """A session's attempts: what each lacks, what happened in it, and what people have found."""
    visited = visit(request, Duty.REVIEW)
    room, which = visited.room, Kind(shown) if shown in list(Kind) else Kind.ALL
    with room.database.reading() as connection:
        held = attempt_list.sessions(connection, room.exam)
        kind, position = _session(session, held)
        found = review_list.read(connection, room.exam, kind, position)
        lines = review_list.chosen(found.lines, which)
        here = lines[(page - 1) * PER_PAGE : page * PER_PAGE]
        numbers = seat_search.numbers_of(connection, room.exam, [line.held.jti for line in here])
        lacking = review_list.missing(connection, here)
    return show(
        request,
        visited,
        "staff/review.html.j2",
        said=review_words,
        found=found,
        lines=[(line, masked(numbers.get(line.held.jti, line.held.jti))) for line in here],
        lacking=lacking,
        held=held,
        kind=kind,
        position=position,
        shown=which,
        page=page,
        pages=max(1, -(-len(lines) // PER_PAGE)),
        total=len(lines),
    )


@router.get("/{attempt_id}")
def attempt_page(request: Request, attempt_id: str, done: str = "") -> Response:
    """One attempt: its completeness, the events to look at, reviews and judgements. The look is audited."""
    visited = visit(request, Duty.REVIEW)
    with visited.room.database.reading() as connection:
        attempt = find(connection, visited, attempt_id[:64])
    with visited.audited("room.review-seen", {"jti": attempt.jti, "attempt": attempt.id}):
        pass
    return _attempt_page(request, visited, attempt.id, done=done)


@router.post("/{attempt_id}/mark")
def mark(
    request: Request, attempt_id: str, finding: Choice = "", note: Words = "", form_token: Token = ""
) -> Response:
    """Add a review."""
    visited = visit(request, Duty.REVIEW)
    visited.check_form(request, form_token)
    return REVIEW_PAGE.act(
        request,
        visited,
        attempt_id,
        "reviewed",
        lambda: judging.review(visited, attempt_id[:64], finding, note.strip()),
    )


@router.post("/{attempt_id}/judgements")
def propose(
    request: Request,
    attempt_id: str,
    evidence: Annotated[list[str], Form(max_length=64)] = [],  # noqa: B006 -- FastAPI copies it
    clause: Words = "",
    said: Words = "",
    form_token: Token = "",
) -> Response:
    """Propose a judgement."""
    visited = visit(request, Duty.JUDGE)
    visited.check_form(request, form_token)
    proposed = Proposed(clause, evidence, said)
    return REVIEW_PAGE.act(
        request, visited, attempt_id, "stepped", lambda: judging.propose(visited, attempt_id[:64], proposed)
    )


@router.post("/{attempt_id}/judgements/{judgement}")
def proceed(  # noqa: PLR0917 -- a form
    request: Request,
    attempt_id: str,
    judgement: str,
    stage: Choice = "",
    said: Words = "",
    outcome: Choice = "",
    form_token: Token = "",
) -> Response:
    """Take a judgement's next step."""
    visited = visit(request, Duty.JUDGE)
    visited.check_form(request, form_token)
    given = Next(stage, said, outcome)
    return REVIEW_PAGE.act(
        request,
        visited,
        attempt_id,
        "stepped",
        lambda: judging.proceed(visited, attempt_id[:64], judgement[:64], given),
    )


@router.get("/{attempt_id}/mark")
@router.get("/{attempt_id}/judgements")
@router.get("/{attempt_id}/judgements/{judgement}")
def address(attempt_id: str, judgement: str = "") -> Response:  # noqa: ARG001 -- a part of the address
    """Redirects a GET of a form's target."""
    return REVIEW_PAGE.redirect(attempt_id)


def _attempt_page(
    request: Request,
    visited: StaffVisit,
    attempt_id: str,
    *,
    refusal: RoomError | None = None,
    done: str = "",
) -> Response:
    room = visited.room
    with room.database.reading() as connection:
        attempt = find(connection, visited, attempt_id[:64])
        numbers = seat_search.numbers_of(connection, room.exam, [attempt.jti])
        recorded = takes.list_of(connection, attempt.id)
        seen = reviews.events_of(connection, room.exam, attempt.id, SERIOUS | NOTABLE)
        made = reviews.reviews_of(connection, room.exam, attempt.id)
        marked = marks.list_of(connection, room.exam, attempt.id)
        judgements = reviews.judgements_of(connection, room.exam, attempt.id)
    streams = sorted({take.stream for take in recorded})
    return show(
        request,
        visited,
        "staff/review_attempt.html.j2",
        200 if refusal is None else status_of(refusal),
        attempt=attempt,
        number=masked(numbers.get(attempt.jti, attempt.jti)),
        streams=[(stream, *_sums(take for take in recorded if take.stream == stream)) for stream in streams],
        seen=seen,
        by_reference={each.reference: each for each in seen},
        made=made,
        marked=marked,
        marks_by_reference={each.reference: each for each in marked},
        can_propose=bool(seen) or any(each.withdrawn_at is None for each in marked),
        clauses=CLAUSES,
        place_of=player.address_at if recordings.may_watch(visited, attempt) else None,
        judgements=[
            (judgement, steps, next_stage(steps), may_decide(steps, visited.operator.name))
            for judgement, steps in judgements.items()
        ],
        said=review_words,
        attention_of=attention_of,
        decisions=(ESTABLISHED, DISMISSED),
        judges=visited.may(Duty.JUDGE),
        refusal=refusal,
        done=done,
    )


REVIEW_PAGE = AttemptPage(REVIEW, REVIEW, _attempt_page)


def _sums(recorded: Any) -> tuple[int, int, int]:  # noqa: ANN401 -- takes
    """Takes, segments that should be there, and segments that are missing."""
    counted = [(max(take.announced, take.promised or 0), len(list(take.missing()))) for take in recorded]
    return len(counted), sum(wanted for wanted, _ in counted), sum(lacking for _, lacking in counted)


def _session(text: str, held: dict[tuple[str, int], int]) -> tuple[str, int]:
    """The session that an address names; else the last one that has attempts, a formal one before mocks."""
    kind, _, position = text.partition("-")
    if kind in (MOCK, FORMAL) and position.isascii() and position.isdigit():
        return kind, int(position)
    return max(held, key=lambda place: (place[0] == FORMAL, place[1]), default=(FORMAL, 0))
