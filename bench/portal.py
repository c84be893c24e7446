"""What the portal can do: downloads, logins, and one winner per seat. On loopback, ratios within this run.

Keys of the ``--json`` object:

* ``download_ratio_direct`` -- bytes a second of a 25 MB stamped installer straight from the portal, over
  nginx serving the same bytes as a static file; at least 0.9
* ``download_ratio_proxied`` -- the same through nginx; at least 0.5
* ``memory_growth_mib`` -- what the portal's own memory grew by in 200 downloads at once; under 64
* ``login_ratio`` -- logins a second over requests a second of ``/healthz``, which does nothing; at least 0.5
* ``logins_per_s``, ``login_p99_ms`` -- logins against ``--seats`` seats over 32 connections
* ``activation_winners`` -- of 100 devices that activate one seat at once, how many won: the count furthest
  from 1 in ``--races`` races on SQLite and as many on PostgreSQL; exactly 1
* ``overview_ms_1m``, ``search_ms_1m`` -- 95th percentile of the desk's overview and of its searches with
  ``--desk-seats`` seats; under 100 and under 50
* ``sse_clients_mib`` -- the portal process's own memory while 1,000 desks receive live figures; under 200
* ``sse_help_pages_mib`` -- the same while 1,000 candidates' pages follow their help requests; under 200
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import click
import httpx

from bench import desk, help_pages, portals, races
from bench.measure import report
from bench.portals import Load
from bench.servers import Server
from tests.portal.published_exam import EXAM, PublishedExam
from tests.postgres import cluster
from tests.simulator import Candidate

MB = 1_000_000
_CONNECTIONS = 32
_DESK_ROUNDS = 200


def downloads(exam: PublishedExam, folder: Path, rounds: int) -> dict[str, float]:
    """The portal, directly and behind nginx, against nginx and a file; then 200 downloads at once."""
    files = folder / "files"
    files.mkdir()
    owner = exam.people[0]
    with portals.portal(exam, folder / "downloads.log") as portal:
        with Candidate(portal.url, EXAM, owner) as candidate:
            granted = candidate.session()
            path = httpx.URL(granted["download"]["url"]).path
            bearer = {"authorization": f"Bearer {granted['session']}"}
            (files / "same.exe").write_bytes(candidate.http.get(path, headers=bearer).content)
        asks = f'wrk.headers["Authorization"] = "{bearer["authorization"]}"\n'
        with portals.nginx(folder, portal.address, files) as proxy:
            targets = {
                "static": f"{proxy}/files/same.exe",
                "direct": portal.url + path,
                "proxied": proxy + path,
            }
            best = {name: _fastest(url, asks, rounds) for name, url in targets.items()}
        grown = memory_growth(portal, portal.url + path, asks)
    return {
        "download_ratio_direct": best["direct"] / best["static"],
        "download_ratio_proxied": best["proxied"] / best["static"],
        "memory_growth_mib": grown,
        "download_mib_per_s": best["direct"],
    }


def _fastest(url: str, script: str, rounds: int) -> float:
    loads = [portals.wrk(url, 2, 4, script) for _ in range(rounds)]
    assert not any(load.failed for load in loads), url
    return max(load.mib_per_s for load in loads)


def memory_growth(portal: Server, url: str, script: str) -> float:
    """How much the process grew, at its highest, while 200 downloads ran."""
    before = portal.memory_mib()
    with portals.watched(portal) as seen:
        portals.wrk(url, 4, 200, script)
    return max(seen) - before


def logins(exam: PublishedExam, log: Path, rounds: int) -> dict[str, float]:
    """Logins of many people, in turn with requests for nothing."""
    people = random.Random(1).sample(exam.people, min(5000, len(exam.people)))  # noqa: S311 -- a load, no secret
    script = portals.logins(people)
    nothing: list[Load] = []
    entered: list[Load] = []
    with portals.portal(exam, log) as portal:
        for _ in range(rounds):
            nothing.append(portals.wrk(f"{portal.url}/healthz", 2, _CONNECTIONS))
            entered.append(
                portals.wrk(f"{portal.url}/api/v1/exams/{EXAM}/authenticate", 2, _CONNECTIONS, script)
            )
    assert not any(load.failed for load in [*nothing, *entered])
    best = max(entered, key=lambda load: load.per_s)
    return {
        "login_ratio": best.per_s / max(load.per_s for load in nothing),
        "logins_per_s": best.per_s,
        "login_p99_ms": best.p99_ms,
    }


def activation_winners(folder: Path, number: int) -> int:
    """The number of winners furthest from one, over races on both databases."""
    winners: list[int] = []
    exam = portals.publish(folder / "sqlite", MB, number)
    winners += races.run(exam, folder / "sqlite.log")
    with cluster(durable=True) as server, server.schema() as address:
        exam = portals.publish(folder / "postgresql", MB, number, address)
        winners += races.run(exam, folder / "postgresql.log")
    return max(winners, key=lambda count: abs(count - 1))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rounds", default=4, show_default=True)
@click.option("--seats", default=100_000, show_default=True, help="In the state that logins go against.")
@click.option("--races", "number", default=50, show_default=True, help="On each database.")
@click.option("--desk-seats", default=1_000_000, show_default=True, help="In the state of the desk.")
def main(as_json: bool, rounds: int, seats: int, number: int, desk_seats: int) -> None:
    """Measure the portal; status 1 where a limit is missed."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        folder = Path(name)
        exam = portals.publish(folder / "exam", 25 * MB, seats)
        figures = {
            **downloads(exam, folder, rounds),
            **logins(exam, folder / "logins.log", rounds),
            "activation_winners": activation_winners(folder, number),
            **desk.measure(folder / "desk", desk_seats, _DESK_ROUNDS),
            **help_pages.measure(folder / "help"),
        }
    at_most = {
        "memory_growth_mib": 64,
        "activation_winners": 1,
        "overview_ms_1m": 100,
        "search_ms_1m": 50,
        "sse_clients_mib": 200,
        "sse_help_pages_mib": 200,
    }
    at_least = {
        "download_ratio_direct": 0.9,
        "download_ratio_proxied": 0.5,
        "login_ratio": 0.5,
        "activation_winners": 1,
    }
    report("The portal", figures, at_most, as_json, at_least)


if __name__ == "__main__":
    main()
