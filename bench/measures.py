"""How soon a measure reaches connected candidates. Pages run in this process, the room in another one.

Keys of the ``--json`` object:

* ``measure_p99_s``, ``measure_slowest_s`` -- from the second person's confirmation (the order's commit) until
  a page has an answer with the moved end; the first at most 2. Pages call as often as the room tells them
* ``measure_cpu_share`` -- of one core, what the room's process took while pages called for the draft's sake
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import click

from bench import rooms
from bench.measure import report
from bench.pages import Page, Plan, Seen
from bench.servers import Server
from oneseat.state.publishing import orders
from oneseat.state.room import measures
from oneseat.state.room.measures import GIVEN, NewMeasure, Person
from signing.authority.keys import ORDER
from signing.authority.signer import sign_token
from signing.charter import Measures
from signing.orders import SignedOrder
from signing.session_times import EXTEND
from signing.text import Text
from tests.room.candidate import wire
from tests.room.held_exam import ENDS, EXAM, STARTS, HeldExam, RoomKeys

AT_MOST = {"measure_p99_s": 2.0}
_DRAFTED_AFTER_S, _GIVEN_AFTER_S, _ENDS_AFTER_S = 6.0, 14.0, 22.0
_FIRST, _SECOND = Person("zhang", "张主考"), Person("li", "李副主考")
_MINUTE = timedelta(minutes=1)


class Chief:
    """Drafts a measure and gives it, through the database as the room's page does."""

    def __init__(self, exam: HeldExam) -> None:
        self._exam = exam
        self.given_at = 0.0

    def draft(self) -> None:
        """Add the draft: pages call more often from now on."""
        draft = NewMeasure("a" * 32, EXAM, STARTS, _FIRST, EXTEND, 0, 60, (), "system", None)
        with self._exam.database.writing() as connection:
            measures.add(connection, draft)

    def give(self) -> None:
        """Add the signed order. Its time counts from the commit."""
        reason, names = Text("A fault.", "系统故障。"), (_FIRST.name, _SECOND.name)
        order = SignedOrder(EXAM, 1, EXTEND, 0, 60, (), names, reason, int(STARTS.timestamp()), 1)
        token = sign_token(self._exam.keys.room.signer(ORDER), SignedOrder.TYP, order.claims())
        with self._exam.database.writing() as connection:
            measures.settle(connection, "a" * 32, GIVEN, _SECOND, STARTS, 1)
            orders.add(connection, EXAM, 1, token, STARTS)
        self.given_at = time.perf_counter()


async def follow(page: Page, chief: Chief, until: float, reached: list[float]) -> None:
    """Call as often as the room says, and note when the moved end has come."""
    moved = wire(ENDS + _MINUTE)
    await asyncio.sleep(random.random() * 5)  # noqa: S311 -- a load
    while time.perf_counter() < until:
        began = time.perf_counter()
        answer = await page.call("beat", takes=[], segments=[], stored=[], events=[])
        if answer and answer["attempt"]["ends_at"] == moved:
            reached.append(time.perf_counter() - chief.given_at)
            return
        await asyncio.sleep(max(0.0, began + answer.get("every_s", 5) - time.perf_counter()))


async def run(room: Server, exam: HeldExam, cookies: list[str]) -> tuple[list[float], float]:
    """All pages, the draft and the order; return when each page had it, and the room's share of a core."""
    plan = Plan(room.url, exam.origin, f"oneseat-room-{EXAM}", cookies, _ENDS_AFTER_S, streams=0, flood=True)
    seen, chief, reached = Seen(), Chief(exam), list[float]()
    made = [Page(plan, cookie, seen) for cookie in cookies]
    for first in range(0, len(made), 50):
        await asyncio.gather(*(page.connect() for page in made[first : first + 50]))
    began = time.perf_counter()
    following = [follow(page, chief, began + _ENDS_AFTER_S, reached) for page in made]
    everybody = asyncio.gather(*following)
    await asyncio.sleep(_DRAFTED_AFTER_S)
    await asyncio.to_thread(chief.draft)
    before, drafted = room.cpu_s(), time.perf_counter()
    await asyncio.sleep(_GIVEN_AFTER_S - _DRAFTED_AFTER_S)
    share = (room.cpu_s() - before) / (time.perf_counter() - drafted)
    await asyncio.to_thread(chief.give)
    await everybody
    return reached, share


def measure(folder: Path, count: int) -> dict[str, float]:
    """The figures, from one room with this many connected candidates."""
    import uvloop

    keys = RoomKeys.make(folder / "keys", rehearsal=True)
    exam = HeldExam(folder / "exam", keys)
    bounds = Measures((keys.room.signer(ORDER).public_key,), 1800, 1800, may_end=True)
    exam.publish(version=exam.charter.version + 1, measures=bounds)
    seats = rooms.seat(exam, count)
    with rooms.serving(exam, STARTS, folder / "log") as room:
        reached, share = uvloop.run(run(room, exam, seats.cookies))
    exam.database.close()
    assert len(reached) == count, "a page has not got it"
    in_order = sorted(reached)
    return {
        "measure_p99_s": in_order[int(len(in_order) * 0.99) - 1],
        "measure_slowest_s": in_order[-1],
        "measure_cpu_share": share,
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--pages", "count", default=1000, show_default=True, help="Connected candidates.")
def main(as_json: bool, count: int) -> None:
    """Measure how soon a measure reaches all connected candidates."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), count)
    report("Measures in the exam room", figures, AT_MOST, as_json)


if __name__ == "__main__":
    main()
