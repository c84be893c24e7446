"""When each session begins and ends for one seat: by the charter, later orders, and the seat's own terms.

The portal's ticket rules and the exam room ask :func:`effective`, so that an approved extra time or a later
order moves both. All of it is pure; times keep the charter's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

from signing.charter import Charter, FormalSession, RoomTerms, Window
from signing.fields import unix_time

MOCK, FORMAL = "mock", "formal"
POSTPONE, EXTEND, END = "postpone", "extend", "end"
PAUSE, RESUME = "pause", "resume"
REPEAT = "repeat"
ORDER_ACTS = (POSTPONE, EXTEND, END, PAUSE, RESUME, REPEAT)


@dataclass(frozen=True)
class SeatTerms:
    """What an exam has approved for one seat: seconds added to its answer time, and its own formal session.

    ``formal`` is the session's position in the charter; None leaves all of them open to the seat.
    """

    jti: str = ""
    extra_s: int = 0
    formal: Optional[int] = None


ANY_SEAT = SeatTerms()
"""A seat of which nothing in particular was approved."""


@dataclass(frozen=True)
class Order:
    """A change of one formal session on the day. A higher ``number`` is a later order.

    ``act`` is :data:`POSTPONE` (its last login, start and end move by ``seconds``), :data:`EXTEND` (its end
    does), :data:`END` (it ends ``seconds`` after its start), :data:`PAUSE` (its answer time stands still from
    ``at`` on, for ``seconds`` at the longest), :data:`RESUME` (the newest pause of the same seats lasts
    ``seconds``), or :data:`REPEAT` (its seats take the session ``target`` in its place; ``seconds`` is 0, and
    no other act has a target). ``seats`` are the pseudonyms concerned; empty means all, which a repeat never
    is. ``at`` is when a pause or a resume was given, in seconds since 1970; the other acts have 0.
    """

    number: int
    act: str
    session: int
    seconds: int
    seats: FrozenSet[str] = frozenset()
    at: int = 0
    target: Optional[int] = None

    def concerns(self, session: int, jti: str) -> bool:
        """Whether the order changes this session for this seat."""
        return self.session == session and (not self.seats or jti in self.seats)


@dataclass(frozen=True)
class MockTimes:
    """A mock session for a seat: when it is open, and the last moment to begin in it.

    ``last_start`` equals ``closes`` where the exam's room is a third party's, whose times are its own.
    """

    opens: datetime
    closes: datetime
    last_start: datetime


@dataclass(frozen=True)
class Pause:
    """A span in which a seat's answer time stands still, up to ``ends``, and the ``number`` of its order.

    Where two orders pause a seat at the same time, the earlier one has that time, and the later one the rest.
    """

    begins: datetime
    ends: datetime
    number: int


@dataclass(frozen=True)
class Sessions:
    """A seat's sessions by their position in the charter; a formal one that is not the seat's is None.

    ``pauses`` are those of each formal session by time; they do not overlap and lie within its answer time.
    """

    mocks: Tuple[MockTimes, ...]
    formals: Tuple[Optional[FormalSession], ...]
    pauses: Tuple[Tuple[Pause, ...], ...] = ()

    def pauses_of(self, session: int) -> Tuple[Pause, ...]:
        """The pauses of a formal session; none where there is no such session."""
        return self.pauses[session] if session < len(self.pauses) else ()


@dataclass(frozen=True)
class AttemptTimes:
    """When the answer time of an attempt starts and ends."""

    starts: datetime
    ends: datetime


def effective(charter: Charter, orders: Sequence[Order] = (), seat: SeatTerms = ANY_SEAT) -> Sessions:
    """Return the sessions as they hold for a seat.

    Orders are applied by their numbers. None moves an end beyond the exam's own (``charter.ends``), and none
    ends a session before its start. A pause moves the end by as long as it lasts. A seat that repeats a
    session has the new one alone.
    """
    mocks = tuple(_mock(window, charter.room, seat) for window in charter.mocks)
    formals: List[Optional[FormalSession]] = []
    pauses: List[Tuple[Pause, ...]] = []
    assigned = session_of(orders, seat)
    for position, formal in enumerate(charter.formals):
        own = assigned is None or assigned == position
        held, paused = _formal(charter, position, formal, orders, seat) if own else (None, ())
        formals.append(held)
        pauses.append(paused)
    return Sessions(mocks, tuple(formals), tuple(pauses))


def charter_for(charter: Charter, orders: Sequence[Order] = (), seat: SeatTerms = ANY_SEAT) -> Charter:
    """Return a charter whose formal sessions are a seat's own, with the times that hold for it.

    Code that reads times from a charter takes this one. The positions of formal sessions are
    those of :func:`effective` only.
    """
    formals = tuple(formal for formal in effective(charter, orders, seat).formals if formal is not None)
    return charter if formals == charter.formals else replace(charter, formals=formals)


def repeats_of(orders: Iterable[Order], seat: SeatTerms) -> List[Order]:
    """The orders that gave a seat another session, by their numbers; each goes on from the one before."""
    found: List[Order] = []
    held = seat.formal
    for order in sorted(orders, key=lambda order: order.number):
        if order.act == REPEAT and seat.jti in order.seats and held in (None, order.session):
            found.append(order)
            held = order.target
    return found


def session_of(orders: Iterable[Order], seat: SeatTerms) -> Optional[int]:
    """The position of the formal session that is a seat's alone; None leaves all of them open to it."""
    repeats = repeats_of(orders, seat)
    return repeats[-1].target if repeats else seat.formal


def names_no_session(charter: Charter, orders: Iterable[Order], seat: SeatTerms) -> bool:
    """Whether a seat has to be given a session before it can enter one: this project's room has several."""
    return charter.room is not None and len(charter.formals) > 1 and session_of(orders, seat) is None


def mock_attempt(began: datetime, terms: RoomTerms, seat: SeatTerms = ANY_SEAT) -> AttemptTimes:
    """Return the times of a mock attempt that its candidate asked for at ``began``."""
    starts = began + timedelta(seconds=terms.mock_wait_s)
    return AttemptTimes(starts, starts + timedelta(seconds=terms.mock_answer_s + seat.extra_s))


def formal_attempt(formal: FormalSession) -> AttemptTimes:
    """Return the times of an attempt in a formal session, whenever its candidate came."""
    return AttemptTimes(formal.starts, formal.ends)


def paused_at(pauses: Iterable[Pause], moment: datetime) -> Optional[Pause]:
    """The pause that holds at ``moment``, or None."""
    return next((pause for pause in pauses if pause.begins <= moment < pause.ends), None)


def stands_until(pauses: Iterable[Pause], moment: datetime) -> Optional[datetime]:
    """When the answer time that stands still at ``moment`` goes on; None while it runs.

    Pauses that follow each other without a gap are one standstill.
    """
    until: Optional[datetime] = None
    for pause in sorted(pauses, key=lambda pause: pause.begins):
        if pause.begins <= (until or moment) < pause.ends:
            until = pause.ends
    return until


def paused_before(pauses: Iterable[Pause], moment: datetime) -> timedelta:
    """How long the answer time has stood still up to ``moment``."""
    return sum((max(timedelta(0), min(p.ends, moment) - p.begins) for p in pauses), timedelta(0))


def as_resumed(orders: Iterable[Order]) -> List[Order]:
    """The orders by their numbers, with each pause as long as its resume says."""
    return _resumed(orders)[0]


def resumable(orders: Iterable[Order], session: int, seats: FrozenSet[str]) -> Optional[Order]:
    """The newest pause of a session for exactly these seats, which no order has resumed; or None."""
    return _resumed(orders)[1].get((session, seats))


def answer_time_ends(charter: Charter, now: datetime) -> Optional[datetime]:
    """When the answer time that runs now is over for every session; None while none runs.

    A picture may show questions, so none is taken and none is shown from a session's start to its end.
    """
    end = now
    for formal in sorted(charter.formals, key=lambda formal: formal.starts):
        if formal.starts <= end < formal.ends:
            end = formal.ends
    return None if end == now else end


def _mock(window: Window, terms: Optional[RoomTerms], seat: SeatTerms) -> MockTimes:
    if terms is None:
        return MockTimes(window.opens, window.closes, window.closes)
    needed = timedelta(seconds=terms.mock_wait_s + terms.mock_answer_s + seat.extra_s)
    return MockTimes(window.opens, window.closes, max(window.opens, window.closes - needed))


def _formal(
    charter: Charter, position: int, formal: FormalSession, orders: Sequence[Order], seat: SeatTerms
) -> Tuple[FormalSession, Tuple[Pause, ...]]:
    held = replace(formal, ends=formal.ends + timedelta(seconds=seat.extra_s))
    paused: List[Pause] = []
    for order in as_resumed(orders):
        if not order.concerns(position, seat.jti):
            continue
        if order.act == PAUSE:
            added = _pieces(order, held, paused)
            held = replace(held, ends=held.ends + sum((p.ends - p.begins for p in added), timedelta(0)))
            paused = sorted([*paused, *added], key=lambda pause: pause.begins)
        elif order.act not in (RESUME, REPEAT):
            held = _obey(order, held)
    held = _within(charter.ends, held)
    return held, tuple(_clipped(paused, held))


def _resumed(orders: Iterable[Order]) -> Tuple[List[Order], Dict[Tuple[int, FrozenSet[str]], Order]]:
    held: Dict[int, Order] = {}
    resumable: Dict[Tuple[int, FrozenSet[str]], Order] = {}
    for order in sorted(orders, key=lambda order: order.number):
        held[order.number] = order
        seats = order.session, order.seats
        if order.act == PAUSE:
            resumable[seats] = order
        elif order.act == RESUME and seats in resumable:
            pause = resumable.pop(seats)
            held[pause.number] = replace(pause, seconds=min(pause.seconds, order.seconds))
    return list(held.values()), resumable


def _pieces(order: Order, formal: FormalSession, paused: Iterable[Pause]) -> List[Pause]:
    """What a pause adds to the earlier ones, which are in the order of time."""
    at = unix_time(order.at).astimezone(formal.starts.tzinfo)
    if at >= formal.ends:
        return []
    begins, until, found = max(at, formal.starts), at + timedelta(seconds=order.seconds), []
    for other in paused:
        if begins < min(until, other.begins):
            found.append(Pause(begins, min(until, other.begins), order.number))
        begins = max(begins, other.ends)
    if begins < until:
        found.append(Pause(begins, until, order.number))
    return found


def _clipped(paused: Iterable[Pause], formal: FormalSession) -> Iterable[Pause]:
    """The pauses as far as they lie within the answer time: a later order may have moved its start or end."""
    for pause in paused:
        begins, ends = max(pause.begins, formal.starts), min(pause.ends, formal.ends)
        if begins < ends:
            yield replace(pause, begins=begins, ends=ends)


def _obey(order: Order, formal: FormalSession) -> FormalSession:
    span = timedelta(seconds=order.seconds)
    if order.act == POSTPONE:
        login_closes, starts, ends = formal.login_closes, formal.starts, formal.ends
        return replace(formal, login_closes=login_closes + span, starts=starts + span, ends=ends + span)
    if order.act == EXTEND:
        return replace(formal, ends=formal.ends + span)
    return replace(formal, ends=min(formal.ends, formal.starts + span))


def _within(last: datetime, formal: FormalSession) -> FormalSession:
    """The session with no time after the exam's own end."""
    login_closes, starts = min(formal.login_closes, last), min(formal.starts, last)
    return replace(formal, login_closes=login_closes, starts=starts, ends=min(formal.ends, last))
