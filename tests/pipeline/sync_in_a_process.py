"""Publishes to a store, or withdraws from it, in a process that a test can kill.

Told so, it stops when a folder gives its so-manyeth file its name, and waits to be killed.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import oneseat.files.atomic
import oneseat.store.folder
import oneseat.store.s3  # loaded before the first request, since it takes long
from oneseat.pipeline.publishing.log import BatchLog
from oneseat.pipeline.publishing.publisher import Publisher
from oneseat.pipeline.publishing.store_sync import Form, SyncOptions
from oneseat.pipeline.publishing.withdraw import Withdrawer
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, NOW


def stop_at(number: int) -> None:
    """Stop before the folder's file of that number, counted from 1, gets its name."""
    given, name = itertools.count(1), oneseat.files.atomic.rename_new

    def stop_or_name(temporary: Path, target: Path) -> None:
        if next(given) == number:
            sys.stdout.write("now\n")
            sys.stdout.flush()
            time.sleep(60)
        name(temporary, target)

    oneseat.files.atomic.rename_new = stop_or_name


def main(act: str, url: str, folder: Path, base: Path, stop_at_name: int = 0) -> None:
    """Do it."""
    if stop_at_name:
        stop_at(stop_at_name)
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    root = ring.signer("root").public_key
    database, bucket = Database.create(folder / "state.db"), oneseat.store.open_store(url, folder / "cache")
    if act == "withdraw":
        clock = FixedClock(EXAM.download.closes + timedelta(days=1))
        Withdrawer(EXAM, root, database, bucket, clock).withdraw()
        return
    log = BatchLog(EXAM.id, ring, database, folder / "batches")
    publisher = Publisher(EXAM, root, database, bucket, FixedClock(NOW), log)
    manifest = Manifest.from_json((folder / "manifest.json").read_bytes())
    publisher.publish(base, manifest, sync=SyncOptions(Form(act), connections=2))
