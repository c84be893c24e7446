"""What one process of the exam room bears: control calls, uploads, hand-ins, kills. Pages run in another one.

CPU seconds are the room process's own, and of two rounds the better counts, so that figures hold on a machine
that others use too. A beat has one
receipt and one address, and is answered after its commit. Keys of the ``--json`` object:

* ``beat_per_core_s``, ``beat_postgresql_per_core_s`` -- beats a CPU second, with the database named
* ``look_per_core_s``, ``look_postgresql_per_core_s`` -- the same of clients' looks
* ``beat_ratio`` -- CPU time of a request for nothing (``/healthz``) over that of a beat on SQLite
* ``lost_segments`` -- announced segments that are not in the store, or not whole, at the end of a session of
  all pages with three streams, camera and screen of the page and the phone's own, on both databases; 0
* ``beat_p99_ms``, ``memory_growth_mib`` -- in the same sessions, the first while all pages record; under 100,
  64. Beats come at a stated rate whatever the answers, and count from when they were due
* ``end_p99_ms``, ``slowest_hand_in_s`` -- from the first recorder's stop on, when all pages come at once
* ``handin_complete`` -- attempts that were complete within 30 s of their recorders' stop, of all; 1
* ``put_us`` -- CPU time of the upload of a small segment into the folder
* ``ingest_mib_per_core_s`` -- uploads of real size, received and stored; at least 100
* ``kill_lost`` -- segments, events and answers that were acknowledged and are missing after SIGKILL under
  load, on both databases; 0
* ``herd_p99_ms`` -- until a page has its answer when all ask within a second, as at the start of a session
* ``look_us``, ``entry_us`` -- CPU time of a client's look that is alone in its group, and of an entry with
  the page's join
* ``presign_us``, ``presign_boto3_us``, ``folder_url_us`` -- a signed PUT to a bucket, the same by boto3, and
  to the folder; the first at most 15
* the keys of :mod:`bench.recording`, ``recording_core``, ``drain_s`` and ``drain_promise_ratio`` among them,
  which a browser measures for five minutes; not with ``--no-browser``
* the keys of :mod:`bench.wall` and :mod:`bench.measures`, ``wall_ms_per_s``, ``wall_paint_ms`` and
  ``measure_p99_s`` among them, and ``export_s`` and ``verify_s`` of :mod:`bench.evidence`; not with
  ``--alone``
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from bench import evidence, measures, portals, presigning, recording, rooms, wall
from bench.measure import report
from bench.room_kill import is_whole, kill
from bench.servers import Server
from oneseat.state.room import takes
from oneseat.state.tables.room import RoomTakeRow
from signing.charter import PhoneTerms
from signing.clock import FixedClock
from tests.postgres import cluster
from tests.room.candidate import arriving
from tests.room.held_exam import ENDS, STARTS, HeldExam, RoomKeys, RunningRoom

_SEGMENT_S, _BEAT_S, _RETRY_S = 30.0, 5.0, 2.0
_MB = 1_000_000
_FLOOD_PAGES = 128
_HAND_IN_WITHIN_S = 30
_LOOKS, _ENTRIES = 200, 40
_RECORDING_S, _BACKLOG_S = 15.0, 120.0
_WALL_S, _EVIDENCE_MINUTES = 20.0, 60
_AT_MOST: dict[str, float] = {
    "presign_us": 15.0,
    "lost_segments": 0,
    "beat_p99_ms": 100,
    "memory_growth_mib": 64,
    "kill_lost": 0,
}
_AT_LEAST: dict[str, float] = {
    "beat_per_core_s": 3800,
    "beat_postgresql_per_core_s": 2000,
    "look_per_core_s": 2000,
    "look_postgresql_per_core_s": 1500,
    "handin_complete": 1,
    "ingest_mib_per_core_s": 100,
}


@dataclass(frozen=True)
class Scene:
    """A folder, the keys, and how much is to be done."""

    folder: Path
    keys: RoomKeys
    pages: int
    seconds: float
    speed: float

    def exam(self, name: str, state: str | None) -> HeldExam:
        """An exam of its own."""
        return HeldExam(self.folder / name, self.keys, state)


@contextlib.contextmanager
def databases() -> Iterator[Callable[[], dict[str, str | None]]]:
    """A function that makes an empty database of each kind; PostgreSQL syncs its writes as in production."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(cluster(durable=True))
        yield lambda: {"sqlite": None, "postgresql": stack.enter_context(server.schema())}


def beats(scene: Scene, name: str, state: str | None) -> dict[str, float]:
    """Beats a CPU second, under as many as pages can send. The store is in memory: no upload is measured."""
    exam = scene.exam(f"beats-{name}", state)
    seats = rooms.seat(exam, _FLOOD_PAGES)
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as store,
        rooms.serving(exam, STARTS, scene.folder / "log", store=store) as room,
    ):

        def flood() -> int:
            plan = {"flood": True, "folder": store, "streams": 1}
            seen = rooms.seen(rooms.pages(room, exam, seats, scene.seconds, **plan))
            assert seen["received"] > seen["beats"] / 2
            assert not seen["failed"]
            return int(seen["beats"])

        per_core_s = _per_cpu_s(room, flood)
        nothing = _per_cpu_s(room, lambda: portals.wrk(f"{room.url}/healthz", 1, 32).requests)
    exam.database.close()
    return {"per_core_s": per_core_s, "ratio": per_core_s / nothing}


def looks(scene: Scene, name: str, state: str | None) -> float:
    """Looks a CPU second of clients that look one after the other, each with its proof, by their grants."""
    exam = scene.exam(f"looks-{name}", state)
    seats = rooms.seat(exam, _FLOOD_PAGES)
    with rooms.serving(exam, STARTS, scene.folder / "log") as room:
        began = time.time()

        def flood() -> int:
            at = STARTS + timedelta(seconds=time.time() - began)
            seen = rooms.seen(rooms.clients(room, exam, seats, scene.seconds, at))
            assert not seen["failed"]
            return int(seen["looks"])

        per_core_s = _per_cpu_s(room, flood)
    exam.database.close()
    return per_core_s


def _per_cpu_s(room: Server, load: Callable[[], int]) -> float:
    """Calls a second of the room's CPU time: the better of two rounds."""
    best = 0.0
    for _ in range(2):
        before = room.cpu_s()
        calls = load()
        best = max(best, calls / (room.cpu_s() - before))
    return best


def session(scene: Scene, name: str, state: str | None) -> dict[str, float]:
    """A session of all pages and phones, three streams a candidate, compressed in time, up to 交卷完成."""
    exam = scene.exam(f"session-{name}", state)
    exam.publish(version=exam.charter.version + 1, phone=PhoneTerms("page", "gate", 20))
    at = ENDS - timedelta(seconds=scene.seconds + 5)
    seats = rooms.seat(exam, scene.pages, phones=True, at=at)
    with rooms.serving(exam, at, scene.folder / "log") as room:
        before, growth = room.cpu_s(), room.memory_mib()
        plan = {"segment_s": _SEGMENT_S / scene.speed, "beat_s": _BEAT_S / scene.speed, "hand_in": True}
        plan["streams"] = 2  # the third is the phone's
        plan["retry_s"] = _RETRY_S / scene.speed
        seen = rooms.seen(rooms.pages(room, exam, seats, scene.seconds + 6, **plan))
        growth = room.memory_mib() - growth
        used = room.cpu_s() - before
    assert not seen["gone"], f"{seen['gone']} pages lost the server"
    kept = _stored(exam)
    exam.database.close()
    in_time = seen["complete"] if seen["slowest_hand_in_s"] <= _HAND_IN_WITHIN_S else 0
    return {
        "lost": float(seen["announced"] - kept),
        "p99_ms": statistics.quantiles(seen["beat_ms"], n=100)[-1],
        "end_p99_ms": statistics.quantiles(seen["end_ms"], n=100)[-1],
        "growth": growth,
        "complete": in_time / scene.pages,
        "slowest_hand_in_s": seen["slowest_hand_in_s"],
        "cpu_s": used,
        "beats": float(seen["beats"]),
        "puts": float(seen["puts"]),
    }


def _stored(exam: HeldExam) -> int:
    """Segments that the database calls stored and whose file has the announced content."""
    count = 0
    with exam.database.reading() as connection:
        for attempt in connection.scalars(select(RoomTakeRow.attempt).distinct()).all():
            for take in takes.list_of(connection, attempt):
                for number in range(take.announced):
                    count += take.is_stored(number) and is_whole(exam, take, number)
    return count


def ingest(scene: Scene) -> dict[str, float]:
    """Uploads of real size in MiB a CPU second, all of them stored; and what a small one costs."""
    figures: dict[str, float] = {}
    for kind, size, pages in (("small", 4096, 40), ("real", _MB, 8)):
        exam = scene.exam(f"ingest-{kind}", None)
        seats = rooms.seat(exam, pages)
        with rooms.serving(exam, STARTS, scene.folder / "log") as room:
            before = room.cpu_s()
            plan = {"segment_s": 0.25, "beat_s": 0.25, "segment_bytes": size}
            seen = rooms.seen(rooms.pages(room, exam, seats, scene.seconds, **plan))
            used = room.cpu_s() - before
        files = [path for path in (exam.folder / "recordings").rglob("*.webm") if path.is_file()]
        assert sum(path.stat().st_size for path in files) == seen["sent_bytes"]
        exam.database.close()
        for path in files:
            path.unlink()
        if kind == "small":
            figures["put_us"] = used / seen["puts"] * 1e6
        else:
            figures["ingest_mib_per_core_s"] = seen["sent_bytes"] / 2**20 / used
    return figures


def herd(scene: Scene) -> float:
    """The 99th percentile in ms when all pages ask within a second."""
    exam = scene.exam("herd", None)
    seats = rooms.seat(exam, scene.pages)
    with rooms.serving(exam, STARTS, scene.folder / "log") as room:
        seen = rooms.seen(rooms.pages(room, exam, seats, 0, herd=1.0))
    exam.database.close()
    return float(statistics.quantiles(seen["beat_ms"], n=100)[-1])


def calls_of_clients(scene: Scene) -> dict[str, float]:
    """CPU time of a client's look, and of an entry with the page's join, one after the other."""
    exam = scene.exam("clients", None)
    with rooms.serving(exam, STARTS, scene.folder / "log") as room:
        running = RunningRoom(exam, room.url, FixedClock(STARTS), None)  # type: ignore[arg-type] # not needed
        with arriving(running) as arrive:
            candidate = arrive().prepare()
            before = room.cpu_s()
            for sequence in range(1, _LOOKS + 1):
                candidate.look(sequence)
            look_s = (room.cpu_s() - before) / _LOOKS
            coming = [arrive() for _ in range(_ENTRIES)]
            before = room.cpu_s()
            for each in coming:
                each.enter().join()
            entry_s = (room.cpu_s() - before) / _ENTRIES
    exam.database.close()
    return {"look_us": look_s * 1e6, "entry_us": entry_s * 1e6}


def measure(scene: Scene, rounds: int) -> dict[str, float]:
    """All figures: of sessions and kills the worse of both databases."""
    with databases() as states:
        flooded = {name: beats(scene, name, state) for name, state in states().items()}
        sessions: list[dict[str, Any]] = [session(scene, name, state) for name, state in states().items()]
        killed = [
            kill(scene.exam(f"kill-{name}", state), scene.folder / "log", scene.seconds / 2 + 2)
            for name, state in states().items()
        ]
        looked = {name: looks(scene, name, state) for name, state in states().items()}
    return {
        "beat_per_core_s": flooded["sqlite"]["per_core_s"],
        "beat_postgresql_per_core_s": flooded["postgresql"]["per_core_s"],
        "look_per_core_s": looked["sqlite"],
        "look_postgresql_per_core_s": looked["postgresql"],
        "beat_ratio": flooded["sqlite"]["ratio"],
        "lost_segments": max(each["lost"] for each in sessions),
        "beat_p99_ms": max(each["p99_ms"] for each in sessions),
        "end_p99_ms": max(each["end_p99_ms"] for each in sessions),
        "memory_growth_mib": max(each["growth"] for each in sessions),
        "handin_complete": min(each["complete"] for each in sessions),
        "slowest_hand_in_s": max(each["slowest_hand_in_s"] for each in sessions),
        "kill_lost": max(killed),
        "herd_p99_ms": herd(scene),
        **ingest(scene),
        **calls_of_clients(scene),
        **presigning.measure(rounds),
    }


def measure_beside(folder: Path, pages: int, *, browser: bool) -> dict[str, float]:
    """What other benchmarks of the exam room measure: the wall, measures, export and verification.

    The memory of an export is left out: in this process it would follow on that of all the rest.
    """
    places = [folder / name for name in ("wall", "measures", "evidence")]
    for place in places:
        place.mkdir()
    exported = evidence.measure(places[2], _EVIDENCE_MINUTES)
    return {
        **wall.measure(places[0], _WALL_S, browser=browser),
        **measures.measure(places[1], pages),
        **{name: exported[name] for name in evidence.AT_MOST},
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rounds", default=20, show_default=True, help="Of signing.")
@click.option("--pages", default=1000, show_default=True, help="Candidates of a session.")
@click.option("--seconds", default=6.0, show_default=True, help="Length of each load.")
@click.option("--speed", default=2.0, show_default=True, help="How much a session's time is compressed.")
@click.option("--browser/--no-browser", default=True, show_default=True, help="Measure the recorder, too.")
@click.option("--alone", is_flag=True, help="Leave out the wall, measures and evidence.")
def main(  # noqa: PLR0917 -- click gives them by name
    as_json: bool, rounds: int, pages: int, seconds: float, speed: float, browser: bool, alone: bool
) -> None:
    """Measure the room and its page; status 1 where a limit is missed."""
    at_most, at_least = dict(_AT_MOST), dict(_AT_LEAST)
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        folder = Path(name)
        keys = RoomKeys.make(folder / "keys", rehearsal=True)
        figures = measure(Scene(folder, keys, pages, seconds, speed), rounds)
        if not alone:
            figures |= measure_beside(folder, pages, browser=browser)
            at_most |= {**wall.AT_MOST, **measures.AT_MOST, **evidence.AT_MOST}
    if browser:
        figures |= recording.measure(_RECORDING_S, _BACKLOG_S)
        at_most |= recording.AT_MOST
        at_least |= recording.AT_LEAST
    at_most = {name: limit for name, limit in at_most.items() if name in figures}
    report("The exam room", figures, at_most, as_json, at_least)


if __name__ == "__main__":
    main()
