"""Issues phone licences in a process that a test can kill."""

from __future__ import annotations

import os
import time
from pathlib import Path

from oneseat.pipeline.events import Progress
from oneseat.pipeline.issuing import phones
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, MANIFEST, NOW


def main(folder: Path, phone: Manifest) -> None:
    """Issue in small chunks, write a line for each that is committed, and wait after it to be killed."""
    phones.CHUNK = 10
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    database = Database.create(folder / "state.db")
    made = phones.PhoneIssuer(EXAM, MANIFEST, phone, ring, database, FixedClock(NOW))
    made.issue(_report)


def _report(progress: Progress) -> None:
    print(progress.rows, flush=True)  # noqa: T201
    time.sleep(0.2)
