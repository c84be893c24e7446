"""Issues in a process that a test can kill."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from oneseat.pipeline.issuing import run
from oneseat.pipeline.issuing.issuer import Issuer
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, MANIFEST, NOW


def main(folder: Path, roster: Path, hours: int) -> None:
    """Issue, and write a line for each chunk that is committed."""
    run.CHUNK = 10
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    clock = FixedClock(NOW + timedelta(hours=hours))
    issuer = Issuer(EXAM, MANIFEST, ring, Database.create(folder / "state.db"), clock)
    issuer.issue(roster, on_progress=lambda progress: print(progress.rows, flush=True))  # noqa: T201
