"""Publish to a store, or withdraw from it, as a process that a test kills: ACT URL FOLDER BASE."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.placing import Form, Placing
from pipeline.publish import Publisher
from pipeline.withdraw import Withdrawer
from signing.clock import FixedClock
from signing.keys import AUTHORITY, KeyRing
from signing.manifest import Manifest
from state.database import Database
from store import open_store
from tests.pipeline.batches import EXAM, NOW


def main(act: str, url: str, folder: Path, base: Path) -> None:
    """Do it."""
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    root = ring.signer("root").public_key
    database, store = Database.create(folder / "state.db"), open_store(url, folder / "cache")
    if act == "withdraw":
        clock = FixedClock(EXAM.download.closes + timedelta(days=1))
        Withdrawer(EXAM, root, database, store, clock).withdraw()
        return
    publisher = Publisher(EXAM, root, database, store, FixedClock(NOW))
    manifest = Manifest.from_json((folder / "manifest.json").read_bytes())
    publisher.publish(base, manifest, placing=Placing(Form(act), connections=2))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
