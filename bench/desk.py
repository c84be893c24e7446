"""The operators' desk with a million seats: the overview and the search, at a portal process.

The state is filled by SQL in bulk: its seats have no licences that would open: the desk needs none.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from sqlalchemy import Connection, text

from bench import portals
from bench.servers import Server
from oneseat.state.accounts import credentials, operators
from oneseat.state.accounts.operators import NewOperator, Role
from oneseat.state.database import Database
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam
from tests.simulator import form_token

_PASSWORD = "only for this benchmark"  # noqa: S105 -- of an account that is gone afterwards
_HOME = f"/desk/{EXAM}/"
_WARM_UP_S = 120
_STREAMS = 1000
_FILL = Path(__file__).with_name("desk_fill.sql")


def measure(folder: Path, seats: int, rounds: int) -> dict[str, float]:
    """95th percentiles in ms of the overview and of searches, and the memory that many live desks take."""
    exam = portals.publish(folder, 1_000_000, 10)
    fill(exam.database, seats)
    _hire(exam)
    with portals.portal(exam, folder / "desk.log") as portal, _browser(portal.url) as desk:
        _log_in(desk)
        _wait_for_figures(desk)
        overview = _p95_ms(lambda: desk.get(_HOME).raise_for_status(), rounds)
        search = _p95_ms(_searching(desk, seats), rounds)
        cookie = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
        memory = asyncio.run(_memory_with_streams(portal, cookie))
    return {"overview_ms_1m": overview, "search_ms_1m": search, "sse_clients_mib": memory}


async def _memory_with_streams(portal: Server, cookie: str) -> float:
    """The portal process's own memory in MiB once :data:`_STREAMS` desks have received figures."""
    host, port = portal.address.split(":")
    request = f"GET {_HOME}live HTTP/1.1\r\nHost: {portal.address}\r\nCookie: {cookie}\r\n\r\n".encode()
    writers = []

    async def listen() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writers.append(writer)
        writer.write(request)
        await reader.readuntil(b"data: ")

    for _ in range(_STREAMS // 50):
        await asyncio.gather(*(listen() for _ in range(50)))
    memory = portal.memory_mib()
    for writer in writers:
        writer.close()
    return memory


def fill(database: Database, seats: int) -> None:
    """Add seats by SQL, in one transaction."""
    values = {"exam": EXAM, "seats": seats, "at": int(INSIDE.timestamp()) * 1_000_000}
    with database.writing() as connection:
        for statement in _FILL.read_text().split(";"):
            connection.execute(text(statement), values)


def _hire(exam: PublishedExam) -> None:
    with exam.database.writing() as connection:
        _add_operator(connection)


def _add_operator(connection: Connection) -> None:
    hashed = credentials.hash_password(_PASSWORD)
    operators.add(connection, NewOperator(EXAM, "agent1", Role.ADMIN, hashed, None), INSIDE)


def _browser(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=120, trust_env=False, follow_redirects=True)


def _log_in(desk: httpx.Client) -> None:
    form = {"name": "agent1", "password": _PASSWORD, "form_token": form_token(desk.get(f"{_HOME}login"))}
    desk.post(f"{_HOME}login", data=form).raise_for_status()


def _wait_for_figures(desk: httpx.Client) -> None:
    """Wait until the first read of all seats is done: it is the background's work, and not a page's."""
    until = time.monotonic() + _WARM_UP_S
    while 'class="tiles"' not in desk.get(_HOME).text:
        assert time.monotonic() < until
        time.sleep(0.5)


def _searching(desk: httpx.Client, seats: int) -> Callable[[], object]:
    token = form_token(desk.get(_HOME))
    chosen = random.Random(2)  # noqa: S311 -- a load, no secret

    def search() -> object:
        number = chosen.randrange(1, seats + 1)
        pseudonym = f"{number * 2654435761 % 4294967296:08x}"
        typed = chosen.choice((f"7{number:011d}", f"{number % 10_000:04d}", f"考生端-test-{pseudonym}.exe"))
        form = {"admission_number": typed, "form_token": token}
        return desk.post(f"{_HOME}candidate", data=form, follow_redirects=False)

    return search


def _p95_ms(job: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        job()
        times.append(time.perf_counter() - began)
    return statistics.quantiles(times, n=20)[-1] * 1000
