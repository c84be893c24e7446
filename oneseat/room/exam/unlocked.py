"""Keys of papers in this process's memory, with who released them; and which of them are stored."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class UnlockedKey:
    """A paper's key, and the names of the holders who released it."""

    key: bytes = field(repr=False)
    holders: tuple[str, ...] = ()


class UnlockedKeys:
    """Keys by the digests of their papers. Threads share it."""

    def __init__(self) -> None:
        self._keys: dict[bytes, UnlockedKey] = {}
        self._stored: set[bytes] = set()
        self._lock = threading.Lock()

    def get(self, paper: bytes) -> UnlockedKey | None:
        """The key of a paper; None while it is locked here."""
        return self._keys.get(paper)

    def add(self, paper: bytes, key: UnlockedKey) -> bool:
        """Keep a key; False if it is here already."""
        with self._lock:
            if paper in self._keys:
                return False
            self._keys[paper] = key
            return True

    def is_stored(self, paper: bytes) -> bool:
        """Whether the database is known to hold the key: sealed, from the start on."""
        return paper in self._stored

    def mark_stored(self, paper: bytes) -> None:
        """Note that the database holds the key."""
        self._stored.add(paper)
