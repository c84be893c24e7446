"""Calls of the room's page: join, consent, steps, begin, beat, answer, hand-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from starlette.responses import Response

from oneseat.room.http.application import hand_ins_of, room_of, window_of
from oneseat.room.http.call_answer import CallAnswer
from oneseat.room.rules.segments import MAX_SEGMENTS
from oneseat.room.services import steps_taken
from oneseat.room.services.page import answering, page_hand_in
from oneseat.room.services.page.answering import GivenAnswer
from oneseat.room.services.page.beat_merging import AnnouncedSegment, AnnouncedTake, Beat
from oneseat.room.services.page.events_in import clean_events
from oneseat.room.services.wire_times import wire
from oneseat.web.fast_routes import FastRoute
from oneseat.web.refusals import RequestInvalid
from oneseat.web.strict_json import JsonRoute
from signing.jws import canonical_json

MAX_ANSWERS = 1000
"""Answers of one attempt. A join reads all of them, so together they must stay small."""
MAX_ANSWER_BYTES = 16 * 1024
MAX_ANNOUNCED = 20
"""Segments of one call."""
MAX_NAMED = 200
"""Takes, stored segments or events of one call."""

Window = Annotated[str | None, Depends(window_of)]
TakeId = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=0, le=MAX_SEGMENTS)]
Likely = Annotated[
    AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]

router = APIRouter(prefix="/room/api", route_class=JsonRoute)
fast = APIRouter(prefix="/room/api", route_class=FastRoute)
"""What pages call all the time, and what all of them call at once."""
TakeInBeat = Callable[[str | None, int, Beat], Awaitable[dict[str, Any]]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Joining(_Body):
    """A window that wants to be the attempt's newest."""


class Calling(_Body):
    """A call of the window that joined as ``epoch``."""

    epoch: int = Field(ge=0, le=1 << 31)


class ConsentBody(Calling):
    """The candidate's answer to the privacy notice of ``version``; ``face`` is the tick of its own."""

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    agreed: bool
    face: bool = False


class StepBody(Calling):
    """A step that is finished, with its facts."""

    step: Literal["phone", "devices", "room"]
    facts: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_NAMED)


class TakeBody(_Body):
    """A take."""

    take: TakeId
    stream: str = Field(max_length=16)
    mime: str = Field(max_length=80)
    began_at: Likely
    promised: Number | None = None


class SegmentBody(_Body):
    """A finished segment that wants an address for its upload."""

    take: TakeId
    n: Number
    size: int = Field(ge=1, le=1 << 31)
    sha256: Sha256


class StoredBody(_Body):
    """A segment whose upload was answered as successful."""

    take: TakeId
    n: Number


class EventBody(_Body):
    """Something that happened in the page."""

    at: Likely
    code: str = Field(max_length=64)
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class BeatBody(Calling):
    """The page's control call."""

    takes: list[TakeBody] = Field(default_factory=list, max_length=MAX_NAMED)
    segments: list[SegmentBody] = Field(default_factory=list, max_length=MAX_ANNOUNCED)
    stored: list[StoredBody] = Field(default_factory=list, max_length=MAX_NAMED)
    events: list[EventBody] = Field(default_factory=list, max_length=MAX_NAMED)


class AnswerBody(Calling):
    """An answer; ``made_at`` is hashed as it is written."""

    question: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    sequence: int = Field(ge=1, le=MAX_ANSWERS)
    previous: Sha256
    hash: Sha256
    value: JsonValue
    made_at: str = Field(max_length=40)


class PromisedBody(_Body):
    """How many segments a take has."""

    take: TakeId
    promised: Number


class HandInBody(Calling):
    """The page's hand-in."""

    by: Literal["candidate", "clock"]
    takes: list[PromisedBody] = Field(default=[], max_length=1000)


def announced(body: BeatBody, source: str) -> Beat:
    """What a beat says, of a page whose events are named by ``source``."""
    return Beat(
        [
            AnnouncedTake(each.take, each.stream, each.mime, each.began_at, each.promised)
            for each in body.takes
        ],
        [
            AnnouncedSegment(each.take, each.n, each.size, bytes.fromhex(each.sha256))
            for each in body.segments
        ],
        [(each.take, each.n) for each in body.stored],
        clean_events(body.events, source),
    )


@router.post("/join")
def join(request: Request, body: Joining, window: Window) -> dict[str, Any]:  # noqa: ARG001 -- an object is required
    """Become the attempt's newest window."""
    return steps_taken.join(room_of(request), window)


@router.post("/consent")
def consent(request: Request, body: ConsentBody, window: Window) -> dict[str, Any]:
    """Answer the privacy notice."""
    answer = (body.epoch, body.version)
    return steps_taken.consent(room_of(request), window, *answer, agreed=body.agreed, face=body.face)


@router.post("/step")
def step(request: Request, body: StepBody, window: Window) -> dict[str, Any]:
    """Finish a step."""
    return steps_taken.finish_step(room_of(request), window, body.epoch, body.step, body.facts)


@router.post("/begin")
def begin(request: Request, body: Calling, window: Window) -> dict[str, Any]:
    """Begin a mock interview."""
    return steps_taken.begin(room_of(request), window, body.epoch)


@fast.post("/beat")
async def beat(request: Request, body: BeatBody) -> Response:
    """Announce recordings, get addresses for them, learn what is stored."""
    take_in: TakeInBeat = request.app.state.take_in_beat
    given = (window_of(request), body.epoch, announced(body, "page"))
    del body  # what a call brings is several KiB, and thousands may wait
    return CallAnswer(await take_in(*given))


@router.post("/answer")
def answer(request: Request, body: AnswerBody, window: Window) -> dict[str, Any]:
    """Keep an answer.

    Raises:
        RequestInvalid: its value is longer than :data:`MAX_ANSWER_BYTES`, or its time is none.
    """
    if len(canonical_json(body.value)) > MAX_ANSWER_BYTES:
        raise RequestInvalid(where="body.value")
    given = GivenAnswer(
        body.question,
        body.sequence,
        bytes.fromhex(body.previous),
        bytes.fromhex(body.hash),
        body.value,
        body.made_at,
        _moment(body.made_at),
    )
    return answering.keep(room_of(request), window, body.epoch, given)


@fast.post("/hand-in")
async def hand_in(request: Request, body: HandInBody) -> Response:
    """Hand in."""
    promised = {each.take: each.promised for each in body.takes}
    given = (room_of(request), window_of(request), body.epoch, body.by, promised)
    del body
    return CallAnswer(await hand_ins_of(request).run(page_hand_in.hand_in_by_page, *given))


def _moment(text: str) -> datetime:
    """An answer's time, in the one form that can be written again, so that its hash can be verified later.

    Raises:
        RequestInvalid: the text is no time in UTC to the millisecond, ending in ``Z``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestInvalid(where="body.made_at") from None
    if moment.tzinfo is None or not 2000 <= moment.year <= 2200 or wire(moment) != text:
        raise RequestInvalid(where="body.made_at")
    return moment
