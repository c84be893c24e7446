"""Publishes in a process that stops at one moment, to be killed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import oneseat.files.atomic
import oneseat.store.folder
from oneseat.pipeline.base.finished import Base as BuiltBase
from oneseat.pipeline.publishing import log
from oneseat.pipeline.publishing.publisher import Publisher
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from signing.authority.batch_log import LogLine
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import FixedClock
from tests.pipeline.exam_workspace import EXAM, NOW

MOMENTS = {
    "before the store": False,
    "in the store": False,
    "among the lines": False,
    "in the transaction": False,
    "before the files": True,
    "after it": True,
}
"""Where a run may be killed, and whether candidates see the new release then."""
BETWEEN_THE_ARTEFACTS = "between the artefacts"
"""The installer's base is in the store, the phone app's is not: nothing is seen."""


def stop(*_: Any, **__: Any) -> Any:
    """Print a line for the test, and wait to be killed."""
    sys.stdout.write("now\n")
    sys.stdout.flush()
    time.sleep(60)


def main(folder: Path, base: Path, moment: str, phone_folder: Path | None = None) -> None:
    """Publish up to the moment, a phone app too where there is one."""
    ring = KeyRing.open(Path(os.environ["RINGS"]), os.environ["PASSPHRASE"].encode(), AUTHORITY)
    database = Database.create(folder / "state.db")
    if moment == "before the store":
        oneseat.store.FolderStore.put = stop  # type: ignore[method-assign]
    if moment == BETWEEN_THE_ARTEFACTS:
        put, bases = oneseat.store.FolderStore.put, []

        def put_one(store: oneseat.store.FolderStore, name: str, *given: Any) -> Any:
            bases.append(name)
            return put(store, name, *given) if len(bases) == 1 else stop()

        oneseat.store.FolderStore.put = put_one  # type: ignore[assignment]
    if moment == "in the store":
        oneseat.files.atomic.rename_new = stop
    if moment == "among the lines":
        log.CHUNK = 3
        write = log._LineWriter._write

        def write_and_stop(writer: log._LineWriter, lines: list[LogLine]) -> None:
            write(writer, lines)
            stop()

        log._LineWriter._write = write_and_stop  # type: ignore[method-assign, assignment]
    if moment == "before the files":
        log.BatchLog.export = stop  # type: ignore[method-assign]
    if moment == "in the transaction":
        audit.append = stop
    root = ring.signer("root").public_key
    batch_log = log.BatchLog(EXAM.id, ring, database, folder / "batches")
    objects = oneseat.store.FolderStore(folder / "store")
    phone = None
    if phone_folder is not None:
        phone = BuiltBase(phone_folder, Manifest.from_json((folder / "phone.json").read_bytes()))
    publisher = Publisher(EXAM, root, database, objects, FixedClock(NOW), batch_log, phone=phone)
    publisher.publish(base, Manifest.from_json((folder / "manifest.json").read_bytes()))
    stop()
