"""A signed order moves attempts that are under way, and a room without the portal's database fetches it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oneseat.room.evidence import export
from oneseat.room.evidence.export import Order
from oneseat.room.refusals.evidence import ScreensNeedApproval
from oneseat.room.services.portal.order_refresh import PortalOrders
from oneseat.state.publishing import orders
from oneseat.state.room import kept as kept_rows
from signing.authority.keys import ORDER
from signing.authority.signer import sign_token
from signing.charter import Measures
from signing.clock import FixedClock
from signing.jws import canonical_json
from signing.orders import SignedOrder
from signing.session_times import EXTEND
from tests.room.candidate import arriving, wire
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.kept import kept_room
from tests.signed_orders import order_of_two

TEN_MINUTES = timedelta(minutes=10)


class Ordered:
    """A room whose charter bounds orders, and the orders of its ring."""

    def __init__(self, room: RunningRoom, keys: RoomKeys) -> None:
        self.room = room
        self._signer = keys.room.signer(ORDER)

    def order(self, number: int, **changes: Any) -> str:
        given = order_of_two(number, self.room.clock.now(), **changes)
        return sign_token(self._signer, SignedOrder.TYP, given.claims())

    def give(self, number: int, **changes: Any) -> None:
        now, token = self.room.clock.now(), self.order(number, **changes)
        with self.room.exam.database.writing() as connection:
            assert orders.add(connection, EXAM, number, token, now)


@pytest.fixture
def ordered(tmp_path: Path, room_keys: RoomKeys) -> Iterator[Ordered]:
    exam = HeldExam(tmp_path / "held", room_keys)
    bounds = Measures((room_keys.room.signer(ORDER).public_key,), 1800, 1800, may_end=True)
    exam.publish(version=exam.charter.version + 1, measures=bounds)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield Ordered(room, room_keys)


def test_an_attempt_under_way_follows_the_orders(ordered: Ordered) -> None:
    room = ordered.room
    with arriving(room) as arrive:
        candidate, other = arrive().prepare(), arrive().prepare()
        ordered.give(1)
        candidate.beat()
        assert candidate.attempt["starts_at"] == wire(STARTS + TEN_MINUTES)
        room.at(STARTS)
        candidate.beat()
        assert candidate.step == "waiting", "nobody begins before the postponed start"
        ordered.give(2, act=EXTEND, seconds=60, seats=(candidate.jti,))
        room.at(STARTS + TEN_MINUTES)
        for each, extra in ((candidate, 60), (other, 0)):
            each.beat()
            assert each.step == "questions"
            assert each.attempt["ends_at"] == wire(ENDS + TEN_MINUTES + timedelta(seconds=extra))
        room.at(ENDS + TEN_MINUTES - SECOND)
        assert other.code("hand-in", by="candidate", answers_head="0" * 64, takes=[])[1] == "OS-2015"


def test_a_paper_is_in_use_until_the_moved_end_of_the_seat_with_most_time(ordered: Ordered) -> None:
    room = ordered.room
    with arriving(room) as arrive:
        candidate = arrive().prepare()
        ordered.give(1)
        ordered.give(2, act=EXTEND, seconds=60, seats=(candidate.jti,))
        candidate.beat()
    with kept_room(room.exam) as kept, kept.database.reading() as connection:
        order = Order(kept_rows.list_attempts(connection, EXAM))
        charter, last = kept.charter_now(connection), kept_rows.latest_end(connection, EXAM)
    ends = ENDS + TEN_MINUTES
    for now in (ends - SECOND, ends + timedelta(seconds=59)):
        with pytest.raises(ScreensNeedApproval):
            export.require_approval(order, charter, now, latest_end=last)
    with pytest.raises(ScreensNeedApproval):
        export.require_approval(order, charter, ends - SECOND)
    export.require_approval(order, charter, ends + timedelta(seconds=60), latest_end=last)


class _Portal(BaseHTTPRequestHandler):
    listed: tuple[str, ...] = ()

    def do_GET(self) -> None:
        after = int(parse_qs(urlsplit(self.path).query)["after"][0])
        content = canonical_json({"orders": list(self.listed[after:])})
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_a_room_with_a_database_of_its_own_fetches_orders_and_keeps_none_that_is_not_signed(
    ordered: Ordered,
) -> None:
    room, first = ordered.room, ordered.order(1)
    _Portal.listed = (first, first[:-8] + "AAAAAAAA", ordered.order(3))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    Thread(target=server.serve_forever, daemon=True).start()
    portal = PortalOrders(room.app.state.room, f"http://127.0.0.1:{server.server_port}")
    assert [portal.fetch(), portal.fetch()] == [1, 0]
    portal.close()
    server.shutdown()
    server.server_close()
    with room.exam.database.reading() as connection:
        assert orders.tokens(connection, EXAM) == [first]
    (formal,) = room.app.state.room.charter().sessions_of("0" * 32).formals
    assert formal is not None and formal.starts == STARTS + TEN_MINUTES
    away = PortalOrders(room.app.state.room, f"http://127.0.0.1:{server.server_port}")
    assert away.fetch() == 0
    away.close()
