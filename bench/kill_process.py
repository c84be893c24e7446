"""Issues and publishes in a process that can be killed, and prints progress: FOLDER HOURS WORKERS CHUNK."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.issue_process import DEMO, PASSPHRASE
from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.issuing import run
from oneseat.pipeline.issuing.issuer import Issuer, Progress
from oneseat.pipeline.publishing.publisher import Publisher
from oneseat.pipeline.workers.pool import WorkerOptions
from oneseat.state.database import Database
from oneseat.store import FolderStore
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import FixedClock

NOW = datetime(2035, 1, 2, 2, 0, tzinfo=UTC)
PUBLISHING, PUBLISHED = "publishing", "published"


def print_line(line: object) -> None:
    """Print a line, so that the parent knows how far this process is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: Path, hours: int, workers: int, chunk: int) -> None:
    """Issue, then publish."""
    run.CHUNK = chunk
    shared = folder.parent
    exam, clock = exams.load(DEMO), FixedClock(NOW + timedelta(hours=hours))
    manifest = Manifest.from_json((shared / "manifest.json").read_bytes())
    ring = KeyRing.open(shared / "ring", PASSPHRASE, AUTHORITY)
    database = Database.create(folder / "state.db", rehearsal=True)

    def on_progress(progress: Progress) -> None:
        print_line(progress.rows)

    issuer = Issuer(exam, manifest, ring, database, clock, WorkerOptions(workers))
    issuer.issue(shared / "roster.csv", on_progress=on_progress)
    print_line(PUBLISHING)
    root = ring.entry("root").public_key
    publisher = Publisher(exam, root, database, FolderStore(folder / "store"), clock)
    publisher.publish(shared / "base.exe", manifest)
    print_line(PUBLISHED)
    database.close()


def run_from_arguments() -> None:
    """Do it as the command line says."""
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
