"""Orders that change a formal session on the day: signed by a key of the exam room, within bounds.

The charter lists the keys and says how far orders may go (:class:`signing.charter.Measures`). Portal, room
and client verify an order by the charter alone, so none of them has to trust where it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Callable, ClassVar, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from signing import jws
from signing.charter import Charter, FormalSession, Measures
from signing.errors import OneSeatError
from signing.fields import Fields, decode, encode, unix_time
from signing.normal_forms import is_of_two_persons
from signing.refusals import LicenceForOtherExam
from signing.session_times import (
    ANY_SEAT,
    END,
    EXTEND,
    ORDER_ACTS,
    PAUSE,
    POSTPONE,
    REPEAT,
    RESUME,
    Order,
    SeatTerms,
    as_resumed,
    effective,
    repeats_of,
    resumable,
)
from signing.text import Text
from signing.tokens import VERSION, SignedClaims, require_form

MAX_ORDER_BYTES = 64 * 1024
MAX_SEATS = 1000
"""The seats that one order can name; more are reached by an order for all."""
MAX_WORDS = 500
_WITH_TIME = (PAUSE, RESUME)
_LAST_AT = 1 << 35
_JTI = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class SignedOrder(SignedClaims):
    """An order as it is signed. ``number`` counts an exam's orders from 1 without gaps.

    ``act``, ``session``, ``seconds``, ``seats`` and ``target`` are those of
    :class:`signing.session_times.Order`; no seats means all. ``names`` are the two persons who gave it,
    ``reason`` is what candidates read, ``at`` is when it was given, in seconds since 1970. Only a repeat has
    the member ``target``: orders of the other acts are the same bytes as before there was one.
    """

    TYP: ClassVar[str] = "oneseat-order+jws"

    exam: str
    number: int
    act: str
    session: int
    seconds: int
    seats: Tuple[str, ...]
    names: Tuple[str, ...]
    reason: Text
    at: int
    v: int
    target: Optional[int] = None

    @classmethod
    def parse(cls, claims: Mapping[str, Any]) -> SignedOrder:
        """As :meth:`SignedClaims.parse`; ``target`` is absent where there is none."""
        names = set(_MEMBERS) - ({"target"} - set(claims))
        order = decode(cls, Fields(claims).exactly(*names))
        require_form("target" not in claims or order.target is not None, "target")
        cls._check_form(order)
        return order

    @classmethod
    def verify(cls, token: str, keys: Mapping[str, bytes]) -> SignedOrder:
        """As :meth:`SignedClaims.verify`; an order that lists seats is longer than other tokens."""
        return cls.parse(jws.verify(token, cls.TYP, keys, max_bytes=MAX_ORDER_BYTES))

    def claims(self) -> Dict[str, Any]:
        """Return the JSON object that is signed."""
        members = dict(encode(self))
        if self.target is None:
            del members["target"]
        return members

    def _check_form(self) -> None:
        require_form(self.number > 0, "number")
        require_form(self.act in ORDER_ACTS, "act")
        repeats = self.act == REPEAT
        require_form(self.seconds == 0 if repeats else 0 < self.seconds < 1 << 31, "seconds")
        require_form((self.target is not None) == repeats, "target")
        require_form(bool(self.seats) or not repeats, "seats")
        require_form(len(self.seats) <= MAX_SEATS and all(map(_JTI.fullmatch, self.seats)), "seats")
        require_form(0 < len(self.names) <= 2 and all(map(_is_plain, self.names)), "names")
        require_form(_is_plain(self.reason.en) and _is_plain(self.reason.zh), "reason")
        require_form(0 <= self.at < _LAST_AT, "at")
        require_form(self.v == VERSION, "v")

    @property
    def is_of_two_persons(self) -> bool:
        """Whether it names two persons, by the normal form of names."""
        return is_of_two_persons(self.names)

    @property
    def order(self) -> Order:
        """What it changes."""
        at = self.at if self.act in _WITH_TIME else 0
        seats = frozenset(self.seats)
        return Order(self.number, self.act, self.session, self.seconds, seats, at, self.target)


_MEMBERS = tuple(member.name for member in fields(SignedOrder))


def verify_order(charter: Charter, token: str) -> SignedOrder:
    """Verify an order under the charter's keys for orders. Its bounds are :func:`find_fault`'s.

    Raises:
        TokenMalformed, TokenTypeWrong: it is no order, or a member has the wrong form.
        KeyUnknown, SignatureInvalid: no key that the charter lists for orders signed it.
        LicenceForOtherExam: it is another exam's.
    """
    keys = charter.measures.order_keys_by_kid if charter.measures is not None else {}
    signed = SignedOrder.verify(token, keys)
    if signed.exam != charter.exam:
        raise LicenceForOtherExam
    return signed


def signed_in_force(charter: Charter, tokens: Iterable[str]) -> Tuple[SignedOrder, ...]:
    """Verify stored orders and return them; one that does not verify or fit is passed over."""
    found: List[SignedOrder] = []
    for token in tokens:
        try:
            signed = verify_order(charter, token)
        except OneSeatError:
            continue
        earlier = [other.order for other in found]
        if signed.is_of_two_persons and find_fault(charter, earlier, signed.order) is None:
            found.append(signed)
    return tuple(found)


def orders_in_force(charter: Charter, tokens: Iterable[str]) -> Tuple[Order, ...]:
    """Verify stored orders as :func:`signed_in_force`, and return what they change."""
    return tuple(signed.order for signed in signed_in_force(charter, tokens))


def find_fault(charter: Charter, earlier: Sequence[Order], order: Order) -> Optional[Text]:
    """Return why an order goes beyond what the charter allows, or None.

    What earlier orders moved for any of its seats counts too, so that many small orders reach no further
    than one. A pause counts as a longer answer time, for as long as it lasts.
    """
    bounds = charter.measures
    if bounds is None or order.session >= len(charter.formals):
        return Text("the exam has no such session, or allows no orders", "没有该场次，或本场考试不允许调整")
    if order.act == REPEAT:
        return _repeat_fault(charter, bounds, earlier, order)
    own_fault = _OWN_FAULTS.get(order.act)
    fault = own_fault(charter, earlier, order) if own_fault is not None else None
    return fault or _bounds_fault(charter, bounds, earlier, order)


def _bounds_fault(
    charter: Charter, bounds: Measures, earlier: Sequence[Order], order: Order
) -> Optional[Text]:
    moving = as_resumed([*_shared(earlier, order), order])
    postponed, extended = _total(moving, POSTPONE), _total(moving, EXTEND) + _total(moving, PAUSE)
    if postponed > bounds.postpone_s:
        return Text("the session would start too late", "推迟的时间超过允许的上限")
    if extended > bounds.extend_s:
        return Text("the session would last too long", "顺延和暂停的时间超过允许的上限")
    if charter.formals[order.session].ends + timedelta(seconds=postponed + extended) > charter.ends:
        return Text("the session would end after the exam's end", "调整后的结束时间晚于考试的最晚日期")
    return None


def _repeat_fault(
    charter: Charter, bounds: Measures, earlier: Sequence[Order], order: Order
) -> Optional[Text]:
    target = order.target
    if not bounds.may_repeat:
        return Text("the exam allows no repeated session", "本场考试不允许安排另场重考")
    if target is None or target >= len(charter.formals) or not order.seats:
        return Text("the exam has no such session, or nobody is named", "没有该场次，或没有列出考生")
    if target == order.session:
        return Text("it is the same session", "重考的场次与原场次相同")
    moving = as_resumed(_shared(earlier, replace(order, session=target)))
    moved = timedelta(seconds=sum(_total(moving, act) for act in (POSTPONE, EXTEND, PAUSE)))
    if charter.formals[target].ends + moved > charter.ends:
        return Text("the session would end after the exam's end", "调整后的结束时间晚于考试的最晚日期")
    return _seats_fault(earlier, order)


def _seats_fault(earlier: Sequence[Order], order: Order) -> Optional[Text]:
    """What earlier orders say against a repeat; what a roster gives to a seat is not known here."""
    for jti in order.seats:
        repeats = repeats_of(earlier, SeatTerms(jti))
        if repeats and repeats[-1].target != order.session:
            return Text("an earlier order gave a seat another session", "已有措施为其中的考生安排了其他场次")
        if any(before.session == order.target for before in repeats):
            return Text("a seat has left that session before", "其中有考生此前已离开该场次")
    return None


def find_late(charter: Charter, earlier: Sequence[Order], order: Order, at: datetime) -> Optional[Text]:
    """Return why an order within the bounds was given too late, at ``at``, or None.

    Of several seats the one that ends first decides, so that no handed-in attempt begins again. A repeat is
    often given after the session that it replaces: it is too late once nobody can log in to the new one.
    """
    if order.act == REPEAT:
        renewed = replace(order, session=order.target or 0)
        if any(formal.login_closes <= at for formal in _held(charter, [*earlier, order], renewed)):
            return Text("nobody can log in to that session any more", "该场次已经截止登录")
        return None
    if any(formal.ends <= at for formal in _held(charter, earlier, order)):
        return Text("the session is over", "该场次已经结束")
    return None


def _held(charter: Charter, earlier: Sequence[Order], order: Order) -> List[FormalSession]:
    """The session as it holds for each seat that an order names, or for all seats."""
    seats = [SeatTerms(jti) for jti in sorted(order.seats)] or [ANY_SEAT]
    held = [effective(charter, earlier, seat).formals[order.session] for seat in seats]
    return [formal for formal in held if formal is not None]


def _pause_fault(charter: Charter, earlier: Sequence[Order], order: Order) -> Optional[Text]:
    at = unix_time(order.at)
    for formal in _held(charter, earlier, order):
        if at < formal.starts:
            return Text("the session has not started; postpone it", "该场次还没有开考，请改用“推迟开考”")
        if formal.ends <= at:
            return Text("the session is over", "该场次已经结束")
    before = resumable(earlier, order.session, order.seats)
    if before is not None and order.at < before.at + before.seconds:
        return Text("it is paused already", "已经在暂停中")
    return None


def _resume_fault(_charter: Charter, earlier: Sequence[Order], order: Order) -> Optional[Text]:
    pause = resumable(earlier, order.session, order.seats)
    if pause is None or order.at >= pause.at + pause.seconds:
        return Text("nothing is paused that could be resumed", "没有可以恢复的暂停")
    if order.seconds >= pause.seconds:
        return Text("the pause ends by itself before", "在此之前暂停已自动结束")
    # A pause is never cut to less than has passed of it: candidates would lose that answer time.
    if pause.at + order.seconds < order.at:
        return Text("that time has passed already", "恢复的时间已经过去")
    return None


def _end_fault(charter: Charter, earlier: Sequence[Order], order: Order) -> Optional[Text]:
    if charter.measures is None or not charter.measures.may_end:
        return Text("the exam allows no early end", "本场考试不允许提前终止")
    formal = charter.formals[order.session]
    paused_s = _total(as_resumed(_shared(earlier, order)), PAUSE)
    if timedelta(seconds=order.seconds - paused_s) > formal.ends - formal.starts:
        return Text("that is after the session's end", "晚于该场次的结束时间")
    return None


_OWN_FAULTS: Dict[str, Callable[[Charter, Sequence[Order], Order], Optional[Text]]] = {
    END: _end_fault,
    PAUSE: _pause_fault,
    RESUME: _resume_fault,
}
"""What is asked of one act alone, before the bounds of all."""


def _shared(earlier: Iterable[Order], order: Order) -> List[Order]:
    """The earlier orders that change the same session for a seat that this one changes."""
    return [other for other in earlier if _concern_one_seat(other, order)]


def _concern_one_seat(one: Order, other: Order) -> bool:
    """Whether there can be a seat that both change in one session."""
    seats_meet = not one.seats or not other.seats or bool(one.seats & other.seats)
    return one.session == other.session and seats_meet


def _total(orders: Iterable[Order], act: str) -> int:
    return sum(order.seconds for order in orders if order.act == act)


def _is_plain(text: str) -> bool:
    return 0 < len(text.strip()) <= MAX_WORDS and text.isprintable()
