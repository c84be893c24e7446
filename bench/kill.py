"""Kills issue and publish at random moments, again and again, and compares with an undisturbed run.

The moments are spread over the whole work: some before anything is written, most in the
middle of the roster, the last ones while publishing. Every other run works with two
processes, so that workers outlive their parent. Figures:

* ``kills`` -- how often a living run was killed
* ``differing`` -- tables and stored files that differ from the undisturbed run's; 0
* ``orphans`` -- workers that lived on; 0

For a million rows: ``python -m bench.kill --count 1000000``.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from bench import bases
from bench.issue_process import DEMO, PASSPHRASE
from bench.kill_process import NOW, PUBLISHED, PUBLISHING
from bench.measure import report
from oneseat.pipeline import roster
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam import model as exams
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, PORTAL, ROOM, KeyRing
from signing.clock import FixedClock

TABLES = {
    "seats": "* FROM seats",
    "licences": "* FROM licences",
    "editions": "* FROM editions",
    "revocations": "* FROM revocations",
    "batches": "id, work, edition_id, issued_at, state, rows_done, added, refreshed, reissued, faulty "
    "FROM batches WHERE id = 1",
    "batch_chunks": "chunk, rows, added, refreshed, reissued, unchanged, faulty, mended, digest "
    "FROM batch_chunks WHERE batch_id = 1",
    "batch_faults": "row, reasons FROM batch_faults WHERE batch_id = 1",
    "releases": "id, exam, edition_id, base_sha256, object_name, manifest, seats FROM releases",
    "current_releases": "* FROM current_releases",
}
"""What must be equal: everything except times of writing and the random names of processes.

Only the first issue run counts: a process that is killed while it publishes leaves a second, empty one.
"""

_BASE_BYTES = 6_000_000
_PUBLISHING_SHARE = 0.2
_ORPHANS_END_WITHIN_S = 20


@dataclass(frozen=True)
class Scene:
    """A folder with rings, a base and a roster; each run has a folder in it for its state and store."""

    folder: Path
    count: int
    chunk: int

    def prepare(self) -> None:
        """Make what all runs share."""
        exam, clock = exams.load(DEMO), FixedClock(NOW)
        authority = KeyRing.create(self.folder / "ring", PASSPHRASE, AUTHORITY, NOW, rehearsal=True)
        KeyRing.create(
            self.folder / "portal",
            PASSPHRASE,
            PORTAL,
            NOW,
            rehearsal=True,
            shared={name: authority.secret(name) for name in ("delivery", "pepper")},
        )
        made, path = bases.make(self.folder, _BASE_BYTES)
        path.rename(self.folder / "base.exe")
        manifest = replace(made, exam=exam.id, build="b" * 64)
        (self.folder / "manifest.json").write_bytes(manifest.to_json())
        people = list(roster.sample(self.count, 1, exam))
        people[self.count // 3] = people[self.count // 3]._replace(name="")
        roster.write_sample(self.folder / "roster.csv", iter(people))
        KeyRing.create(self.folder / "room", PASSPHRASE, ROOM, NOW, rehearsal=True)
        keys = charters.public_keys(*(self.folder / ring for ring in ("ring", "portal", "room")))
        root = authority.signer("root")
        charters.sign(exam, self.folder / "charters", root, keys, (manifest.build,), clock)

    def run(self, name: str) -> Run:
        """A run with an empty state and store, and a charter in force."""
        folder = self.folder / name
        folder.mkdir()
        database = Database.create(folder / "state.db", rehearsal=True)
        exam = exams.load(DEMO)
        ring = KeyRing.open(self.folder / "ring", PASSPHRASE, AUTHORITY)
        folder_of_charters, root = self.folder / "charters", ring.entry("root").public_key
        charters.publish(
            database, charters.of_version(folder_of_charters, root, exam.id, None), FixedClock(NOW)
        )
        database.close()
        return Run(folder, self.chunk)


@dataclass(frozen=True)
class Run:
    """One state and store, worked on by one process after another."""

    folder: Path
    chunk: int
    sessions: set[int] = field(default_factory=set)

    def start(self, attempt: int) -> subprocess.Popen[str]:
        """A process; later ones have later clocks once the issue run has its issue time."""
        hours = attempt if self._begun() else 0
        program = [
            sys.executable,
            "-c",  # a program in a file would be loaded by each worker too
            "import bench.kill_process; bench.kill_process.run_from_arguments()",
            self.folder,
            hours,
            2 * (attempt % 2),
            self.chunk,
        ]
        process = subprocess.Popen(
            [str(part) for part in program],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )
        self.sessions.add(process.pid)
        return process

    def finish(self, attempt: int) -> float:
        """Run to the end; return how long publishing took, in seconds."""
        line, since = "", 0.0
        with self.start(attempt) as process:
            for output in process.stdout or ():
                line = output.strip()
                if line == PUBLISHING:
                    since = time.perf_counter()
            took = time.perf_counter() - since
        assert process.returncode == 0
        assert line == PUBLISHED
        return took

    def kill_at(self, attempt: int, rows: int, delay_s: float) -> bool:
        """Kill a process a moment after it wrote ``rows`` rows; return whether it was still running."""
        with self.start(attempt) as process:
            if rows:
                for line in process.stdout or ():
                    if not line.strip().isdigit() or int(line) >= rows:
                        break
            time.sleep(delay_s)
            lived = process.poll() is None
            process.kill()  # the run alone: its workers must notice by themselves
        return lived

    def _begun(self) -> bool:
        with closing(sqlite3.connect(self.folder / "state.db")) as connection:
            return bool(connection.execute("SELECT count(*) FROM batches").fetchone()[0])

    def digests(self) -> dict[str, str]:
        """Compute a digest of every table and of every stored file."""
        digests = {}
        with closing(sqlite3.connect(self.folder / "state.db")) as connection:
            for table, query in TABLES.items():
                digest = hashlib.sha256()
                for row in connection.execute(f"SELECT {query} ORDER BY 1, 2"):
                    digest.update(repr(row).encode())
                digests[table] = digest.hexdigest()
        for path in sorted((self.folder / "store").rglob("*")):
            if path.is_file():
                name = str(path.relative_to(self.folder))
                digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return digests

    def survivors(self) -> int:
        """Count processes of this run that are still alive."""
        count, until = 1, time.monotonic() + _ORPHANS_END_WITHIN_S
        while count and time.monotonic() < until:
            count = sum(_session(path) in self.sessions for path in Path("/proc").glob("[0-9]*"))
            time.sleep(0.1)
        return count


def _session(process: Path) -> int:
    """The session that a process belongs to (proc(5): the sixth field), 0 when it has just ended."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def measure(folder: Path, count: int, kills: int, seed: int, chunk: int = 1000) -> dict[str, float]:
    """The figures, for a roster of ``count``."""
    scene = Scene(folder, count, chunk)
    scene.prepare()
    undisturbed = scene.run("undisturbed")
    publishing_s = undisturbed.finish(1)
    # A seeded generator is the point: a failure can be run again.
    chance = random.Random(seed)  # noqa: S311
    disturbed, killed = scene.run("disturbed"), 0
    for attempt, moment in enumerate(sorted(chance.random() for _ in range(kills)), start=1):
        rows = int(moment / (1 - _PUBLISHING_SHARE) * count)
        delay_s = chance.random() * (publishing_s if rows >= count else 0.05)
        killed += disturbed.kill_at(attempt, rows, delay_s)
    disturbed.finish(kills + 1)
    expected, actual = undisturbed.digests(), disturbed.digests()
    differing = [name for name in {**expected, **actual} if expected.get(name) != actual.get(name)]
    if differing:
        sys.stderr.write(f"differing: {', '.join(differing)}\n")
    return {"kills": killed, "differing": len(differing), "orphans": disturbed.survivors()}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--count", default=20_000, show_default=True, help="Candidates.")
@click.option("--kills", default=20, show_default=True, help="How often a run is killed.")
@click.option("--seed", default=1, show_default=True, help="The same seed kills at the same moments.")
def main(as_json: bool, count: int, kills: int, seed: int) -> None:
    """Kill and compare; status 1 where anything differs."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-", dir=os.environ.get("TMPDIR")) as name:
        figures = measure(Path(name), count, kills, seed)
    report("Killed over and over", figures, {"differing": 0, "orphans": 0}, as_json, {"kills": kills // 2})


if __name__ == "__main__":
    main()
