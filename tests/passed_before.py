"""Remembers that a long check has passed: it runs again only when something that it depends on has changed.

Like a make rule with a dependency file: whoever runs the check says what went in, and afterwards which files
it has read. Why: docs/adr/0137-the-shipped-suite-runs-when-it-changed.md, and 0138 for the second checkout.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bootstrap import layout
from tests.bases import cache
from tests.effort import LONG


@dataclass(frozen=True)
class PassedBefore:
    """The record of one check: the key of its inputs, and digests of the project's files that it has read."""

    name: str
    key: str

    @property
    def holds(self) -> bool:
        """Whether it passed with these inputs, and all that it read is as it was. Never in a long run."""
        try:
            record = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return not LONG and bool(record["key"] == self.key) and record["files"] == _digests(record["files"])

    def keep(self, files: Iterable[str]) -> None:
        """Remember it, with the names of the files it has read, seen from the project's folder."""
        record = {"key": self.key, "files": _digests(files)}
        self._path.write_text(json.dumps(record, indent=1, sort_keys=True), "utf-8")

    @property
    def _path(self) -> Path:
        return cache() / f"passed-{self.name}.json"


def _digests(files: Iterable[str]) -> dict[str, str]:
    """The digest of each file; none of one that is gone."""
    paths = {name: layout.PROJECT / name for name in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for name, path in paths.items()
    }
