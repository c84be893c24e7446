"""Routes of the page of measures: what was given, drafts, and the second person's confirmation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.refusals.measures import MeasureInvalid, MeasureSeatsUnknown, MeasureUnknown
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.measures import ACTS, GOOD_FOR, MAX_MINUTES, REASONS
from oneseat.room.services import measures as giving
from oneseat.room.services.measures import Wanted
from oneseat.room.staff.live_wall import wall_words
from oneseat.room.staff.showing import show
from oneseat.room.staff.visits import StaffVisit, visit
from oneseat.state.accounts.audit import Fact
from oneseat.state.publishing import orders
from oneseat.state.room import groups, measures
from oneseat.state.room.groups import GroupKey
from oneseat.state.room.measures import Measure, Person
from oneseat.web.problems import status_of
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.orders import SignedOrder, verify_order
from signing.session_times import ANY_SEAT, FORMAL, REPEAT, RESUME, resumable
from signing.text import Text

PATH = "/staff/measures"
MOST_SHOWN = 50
ALL, SEATS, GROUP = "all", "seats", "group"
_MAX_LIST = 40_000
_MOST_ROWS_NAMED = 20
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_NO_ACT = Text("choose what is to happen", "请选择措施")
_NO_MINUTES = Text(f"give whole minutes, 1 to {MAX_MINUTES}", f"请填写 1 到 {MAX_MINUTES} 的整数分钟")
_NO_SESSION = Text("choose a session", "请选择场次")
_NO_REASON = Text("choose a reason", "请选择原因")
_NO_GROUP = Text("choose a group of the session with candidates", "请选择该场次中已有考生的分组")
_NO_SEATS = Text("list the seats it is for", "请填写准考证号，每行一个")
_NO_TARGET = Text("choose the session that they get instead", "请选择重考的场次")
_NOT_ALL = Text("name the candidates: a list, or one group", "另场重考须填写考生名单或选择一个分组")

DRAFTED = {code: text for code, text in ACTS.items() if code != RESUME}
"""The acts of the form. What resumes has a form of its own beside each pause."""

Token = Annotated[str, Form(max_length=128)]
Name = Annotated[str, Form(max_length=100)]

router = APIRouter(prefix=PATH, include_in_schema=False)


@dataclass(frozen=True)
class Given:
    """An order as the list shows it: what was signed, and the draft that it came from, if any."""

    signed: SignedOrder
    measure: Measure | None


class Typed(BaseModel):
    """What a form says, shown again where it is refused."""

    act: str = Field(default="", max_length=32)
    target: str = Field(default="", max_length=32)
    session: str = Field(default="", max_length=32)
    minutes: str = Field(default="", max_length=32)
    whom: str = Field(default=ALL, max_length=32)
    seats: str = Field(default="", max_length=_MAX_LIST)
    group: str = Field(default="", max_length=32)
    pause: str = Field(default="", max_length=32)
    reason: str = Field(default="", max_length=32)
    name: str = Field(default="", max_length=100)
    form_token: str = Field(default="", max_length=128)


@router.get("")
def list_page(request: Request, done: str = "") -> Response:
    """The orders that hold, drafts that wait, and the form for another one."""
    return _list_page(request, _visit(request), Typed(), done=done)


@router.post("/draft")
def draft(request: Request, typed: Annotated[Typed, Form()]) -> Response:
    """Keep a draft for the second person."""
    visited = _visit(request)
    visited.check_form(request, typed.form_token)
    facts: dict[str, Fact] = {"measure": typed.act}
    try:
        with visited.audited("room.measure-drafted", facts) as connection:
            wanted = _wanted(visited, connection, typed)
            facts.update(session=wanted.session, seconds=wanted.seconds, seats=len(wanted.seats))
            person = Person(visited.operator.name, typed.name.strip())
            new = giving.draft(visited.room, connection, wanted, person, visited.now)
            facts["draft"] = new.id
    except RoomError as refusal:
        return _list_page(request, visited, typed, refusal=refusal)
    return RedirectResponse(f"{PATH}/{new.id}", 303)


@router.get("/{measure_id}")
def measure_page(request: Request, measure_id: str) -> Response:
    """One measure: what it will change, and the second person's form."""
    return _measure_page(request, _visit(request), measure_id[:64])


@router.post("/{measure_id}/give")
def give(
    request: Request,
    measure_id: str,
    newest: Annotated[int, Form(ge=0, lt=1 << 31)] = 0,
    name: Name = "",
    form_token: Token = "",
) -> Response:
    """Have a draft signed, as the second person."""
    visited = _visit(request)
    visited.check_form(request, form_token)
    person = Person(visited.operator.name, name.strip())
    facts: dict[str, Fact] = {"draft": measure_id[:64]}
    try:
        with visited.audited("room.measure-given", facts) as connection:
            room, now = visited.room, visited.now
            signed = giving.give(room, connection, measure_id[:64], person, newest, now)
            facts.update(order=signed.number, measure=signed.act, session=signed.session)
            facts.update(seconds=signed.seconds, seats=len(signed.seats))
    except MeasureUnknown:
        raise
    except RoomError as refusal:
        return _measure_page(request, visited, measure_id[:64], refusal=refusal, name=name)
    return RedirectResponse(f"{PATH}?done=given", 303)


@router.post("/{measure_id}/withdraw")
def withdraw(request: Request, measure_id: str, form_token: Token = "") -> Response:
    """Take a draft back."""
    visited = _visit(request)
    visited.check_form(request, form_token)
    person = Person(visited.operator.name, visited.operator.name)
    try:
        with visited.audited("room.measure-withdrawn", {"draft": measure_id[:64]}) as connection:
            giving.withdraw(visited.room, connection, measure_id[:64], person, visited.now)
    except MeasureUnknown:
        raise
    except RoomError as refusal:
        return _measure_page(request, visited, measure_id[:64], refusal=refusal)
    return RedirectResponse(f"{PATH}?done=withdrawn", 303)


@router.get("/{measure_id}/give")
@router.get("/{measure_id}/withdraw")
def address(measure_id: str) -> Response:
    """Redirects a GET of a form's target."""
    return RedirectResponse(f"{PATH}/{measure_id[:64]}" if measure_id.isalnum() else PATH, 303)


def _visit(request: Request) -> StaffVisit:
    return visit(request, Duty.MEASURE)


def _wanted(visited: StaffVisit, connection: Connection, typed: Typed) -> Wanted:
    """What a form asks for.

    Raises:
        MeasureInvalid: a field is empty, or is none of the choices.
        MeasureSeatsUnknown: lines of the list are no seats.
    """
    charter = visited.room.charter_in(connection)
    formals, minutes = charter.charter.formals, _whole(typed.minutes) or 0
    if typed.act == RESUME:
        return _resume(visited, charter, typed, minutes)
    given = _whole(typed.session)
    position = len(formals) if given is None else given
    lines = typed.seats.split() if typed.whom == SEATS else []
    repeats, target = typed.act == REPEAT, _whole(typed.target)
    for is_missing, reason in (
        (typed.act not in DRAFTED, _NO_ACT),
        (position >= len(formals), _NO_SESSION),
        (repeats and (target is None or target >= len(formals)), _NO_TARGET),
        (repeats and typed.whom == ALL, _NOT_ALL),
        (not repeats and not 0 < minutes <= MAX_MINUTES, _NO_MINUTES),
        (typed.whom not in (ALL, SEATS, GROUP) or (typed.whom == SEATS and not lines), _NO_SEATS),
        (typed.reason not in REASONS, _NO_REASON),
    ):
        if is_missing:
            raise MeasureInvalid(reason=reason)
    group: int | None = None
    listed: tuple[str, ...] = ()
    if typed.whom == GROUP:
        group, seats = _group(visited, connection, typed.group, position)
    else:
        listed = _seats(visited, connection, lines)
        seats = tuple(sorted({*listed}))
    seconds, target = (0, target) if repeats else (minutes * 60, None)
    return Wanted(typed.act, position, seconds, seats, typed.reason, group, target, listed)


def _resume(visited: StaffVisit, charter: CharterInForce, typed: Typed, minutes: int) -> Wanted:
    """What the form of a running pause asks for.

    Raises:
        MeasureInvalid: minutes or reason are missing.
        MeasureBeyondBounds: the pause does not hold any more.
    """
    if not 0 < minutes <= MAX_MINUTES:
        raise MeasureInvalid(reason=_NO_MINUTES)
    if typed.reason not in REASONS:
        raise MeasureInvalid(reason=_NO_REASON)
    pause = _whole(typed.pause) or 0
    return giving.resume_of(charter, pause, minutes * 60, typed.reason, visited.now)


def _group(
    visited: StaffVisit, connection: Connection, chosen: str, position: int
) -> tuple[int, tuple[str, ...]]:
    """The number and the members of the chosen group, such as ``0-3``: the third one of the first session.

    Raises:
        MeasureInvalid: it is no group of the session, or nobody is in it.
    """
    session, _, number = chosen.partition("-")
    key = GroupKey(visited.room.exam, FORMAL, position, _whole(number) or 0)
    seats = groups.seats_of(connection, key) if _whole(session) == position else ()
    if not seats:
        raise MeasureInvalid(reason=_NO_GROUP)
    return key.number, seats


def _whole(text: str) -> int | None:
    """A whole number in figures, or None."""
    return int(text) if text.isascii() and text.isdigit() else None


def _seats(visited: StaffVisit, connection: Connection, lines: Sequence[str]) -> tuple[str, ...]:
    """Pseudonyms of the listed admission numbers, line by line.

    A pseudonym itself is taken too: a room with a database of its own has no admission numbers.

    Raises:
        MeasureSeatsUnknown: lines are no seats.
    """
    known = measures.seats_of(connection, visited.room.exam, [*lines])
    found = [known.get(line) or (line if _PSEUDONYM.fullmatch(line) else "") for line in lines]
    unknown = [str(row) for row, jti in enumerate(found, 1) if not jti]
    if unknown:
        more = "…" if len(unknown) > _MOST_ROWS_NAMED else ""
        raise MeasureSeatsUnknown(rows=", ".join(unknown[:_MOST_ROWS_NAMED]) + more)
    return tuple(found)


def _list_page(
    request: Request, visited: StaffVisit, typed: Typed, *, refusal: RoomError | None = None, done: str = ""
) -> Response:
    room, now = visited.room, visited.now
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        drafted = measures.list_newest(connection, room.exam, MOST_SHOWN)
        tokens = orders.tokens(connection, room.exam)
        held = [group for group in groups.list_all(connection, room.exam) if group.kind == FORMAL]
    return _show(
        request,
        visited,
        charter,
        "staff/measures.html.j2",
        200 if refusal is None else status_of(refusal),
        typed=typed,
        refusal=refusal,
        done=done,
        given=_given(charter, tokens, drafted),
        drafted_acts=_acts_of(charter),
        groups=[group for group in held if group.members],
        paused=[
            (signed, unix_time(signed.at + signed.seconds)) for signed in giving.running_pauses(charter, now)
        ],
        open=[each for each in drafted if giving.is_open(each, now)],
        can_sign=_can_sign(visited, charter),
    )


def _acts_of(charter: CharterInForce) -> dict[str, Text]:
    """The acts that can be drafted: repeating takes another session, and the exam's permission."""
    bounds = charter.charter.measures
    may_repeat = bounds is not None and bounds.may_repeat and len(charter.charter.formals) > 1
    return {code: text for code, text in DRAFTED.items() if may_repeat or code != REPEAT}


def _given(charter: CharterInForce, tokens: Sequence[str], drafted: Sequence[Measure]) -> list[Given]:
    """The orders that verify, the newest first."""
    by_number = {each.number: each for each in drafted if each.number is not None}
    listed = []
    for token in reversed(tokens[-MOST_SHOWN:]):
        try:
            signed = verify_order(charter.charter, token)
        except OneSeatError:
            continue
        listed.append(Given(signed, by_number.get(signed.number)))
    return listed


def _measure_page(
    request: Request,
    visited: StaffVisit,
    measure_id: str,
    *,
    refusal: RoomError | None = None,
    name: str = "",
) -> Response:
    room, now = visited.room, visited.now
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        measure = measures.find(connection, room.exam, measure_id)
        if measure is None:
            raise MeasureUnknown
        order = giving.order_of(charter, measure, now)
        found = giving.effects(room, connection, charter, order)
    is_open = giving.is_open(measure, now)
    resumes_at, waits_until = _resumes_at(charter, measure), measure.drafted_at + GOOD_FOR
    return _show(
        request,
        visited,
        charter,
        "staff/measure.html.j2",
        200 if refusal is None else status_of(refusal),
        measure=measure,
        effects=found if is_open else [],
        is_open=is_open,
        resumes_at=resumes_at,
        is_mine=measure.drafted_by.account == visited.operator.name,
        ends_at=min(waits_until, resumes_at or waits_until),
        refusal=refusal,
        name=name,
    )


def _resumes_at(charter: CharterInForce, measure: Measure) -> datetime | None:
    """When a drafted resume takes effect; None for another measure, or where its pause was resumed."""
    pause = resumable(charter.orders, measure.session, frozenset(measure.seats))
    if measure.act != RESUME or pause is None:
        return None
    return unix_time(pause.at + measure.seconds)


def _can_sign(visited: StaffVisit, charter: CharterInForce) -> bool:
    try:
        giving.usable_signer(visited.room, charter)
    except RoomError:
        return False
    return True


def _show(
    request: Request,
    visited: StaffVisit,
    charter: CharterInForce,
    template: str,
    status: int,
    **facts: Any,  # noqa: ANN401 -- a template takes anything
) -> Response:
    return show(
        request,
        visited,
        template,
        status,
        in_force=charter,
        formals=charter.sessions_for(ANY_SEAT).formals,
        newest=charter.newest_order,
        acts=ACTS,
        reasons=REASONS,
        minutes=_minutes,
        span=wall_words.span,
        **facts,
    )


def _minutes(seconds: int) -> str:
    """A span in minutes; seconds where it is not whole."""
    return str(seconds // 60) if seconds % 60 == 0 else f"{timedelta(seconds=seconds)}"
