"""Issue phone licences as a process that a test can kill: FOLDER."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from oneseat.pipeline.events import Progress
from oneseat.pipeline.issuing import phones
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, MANIFEST, NOW
from tests.pipeline.test_issue_phones import PHONE


def main(folder: Path) -> None:
    """Issue in small chunks, write a line for each that is committed, and wait after it to be killed."""
    phones.CHUNK = 10
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    database = Database.create(folder / "state.db")
    made = phones.PhoneIssuer(EXAM, MANIFEST, PHONE, ring, database, FixedClock(NOW))
    made.issue(_report)


def _report(progress: Progress) -> None:
    print(progress.rows, flush=True)  # noqa: T201
    time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
