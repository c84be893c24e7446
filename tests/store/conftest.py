"""The backends under test: a folder, and two S3 servers that are started for the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.store import FolderStore, Store
from tests.buckets import Bucket


@pytest.fixture(params=["folder", "swift", "moto"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of each backend in turn."""
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    bucket: Bucket = request.getfixturevalue(f"{request.param}_bucket")
    return bucket.store()
