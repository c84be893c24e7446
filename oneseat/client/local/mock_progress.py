"""How far the candidate came in the mock interviews, as the portal last said, for when it cannot be reached.

For display only: the portal decides at every ticket. The file is ``<own>/<exam>/mock-<jti>.json``, in UTF-8::

    {"state": "started", "heard_at": "2035-01-04T10:00:00+08:00"}

A file that is absent or damaged counts as no answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Optional

from oneseat.client.errors import StateDamaged
from oneseat.client.local.storage import read_small, storage_errors, write_atomically
from signing.fields import Fields, instant_text
from signing.jws import parse_object
from signing.refusals import TokenMalformed

NOT_TAKEN, STARTED, FINISHED = "not-taken", "started", "finished"
STATES = (NOT_TAKEN, STARTED, FINISHED)


@dataclass(frozen=True)
class MockProgress:
    """One of :data:`STATES`, and the portal's time when it said so."""

    state: str
    heard_at: datetime


def read_mock_progress(folder: Path, jti: str) -> Optional[MockProgress]:
    """Read a seat's progress from the exam's folder of this account; None if there is none."""
    try:
        content = Fields(parse_object(read_small(_path(folder, jti))))
        progress = MockProgress(content.text("state"), content.instant("heard_at"))
    except (FileNotFoundError, StateDamaged, TokenMalformed):
        return None
    return progress if progress.state in STATES else None


def store_mock_progress(folder: Path, jti: str, progress: MockProgress) -> None:
    """Store a seat's progress.

    Raises:
        StorageFailed: the file cannot be written.
    """
    content = {"state": progress.state, "heard_at": instant_text(progress.heard_at)}
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(_path(folder, jti), json.dumps(content).encode())


def _path(folder: Path, jti: str) -> Path:
    return folder / f"mock-{jti}.json"
