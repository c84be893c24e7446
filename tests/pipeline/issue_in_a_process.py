"""Run ``issue`` as a process that a test can kill: FOLDER ROSTER HOURS_LATER."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

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


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
