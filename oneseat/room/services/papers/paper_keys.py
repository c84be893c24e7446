"""Finds a paper's key, which is the room's own or in memory; stores it from the start on, and loads it again.

Before its session's start a holders' key is in the memory of processes alone. From the start on it is no
secret to candidates. It is then stored, encrypted under the room's own key, so that every process has it
after a restart without any holder.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.exam.unlocked import UnlockedKey
from oneseat.room.papers import shelf
from oneseat.room.papers.boxes import BoxBroken
from oneseat.room.papers.shelf import HeldPaper
from oneseat.state.room import papers
from oneseat.state.room.papers import StoredKey
from signing.authority.errors import SealBroken

PURPOSE = "paper"
_log = logging.getLogger("room.papers")


def find_key(room: ServedRoom, paper: HeldPaper) -> bytes | None:
    """The paper's key, from memory; None while it is locked."""
    if paper.key is not None:
        return paper.key
    known = room.unlocked.get(paper.digest)
    return known.key if known else None


def open_paper(room: ServedRoom, paper: HeldPaper) -> Mapping[str, Any] | None:
    """The paper as JSON; None while it is locked."""
    key = find_key(room, paper)
    return None if key is None else shelf.opened(paper.sealed, key)


def load_stored(room: ServedRoom) -> None:
    """Bring stored keys into memory: what a session that has begun needs after a restart.

    Raises:
        StateUnavailable: the database cannot be used.
    """
    locked = [paper for paper in room.papers.with_holders if find_key(room, paper) is None]
    if locked:
        with room.database.reading() as connection:
            for paper in locked:
                _load(room, connection, paper)


def unlock(room: ServedRoom, paper: HeldPaper, key: UnlockedKey) -> bool:
    """Keep a key in memory if it opens the paper; False if it does not. A log record says who released it."""
    try:
        shelf.opened(paper.sealed, key.key)
    except BoxBroken:
        _log.error("key does not open the paper", extra=_facts(paper, key))
        return False
    if room.unlocked.add(paper.digest, key):
        _log.warning("paper unlocked", extra=_facts(paper, key))
    return True


def store(room: ServedRoom, connection: Connection, paper: HeldPaper, now: datetime) -> None:
    """Store a holders' key from the start on, once; a key that is handed out is always stored.

    It is only called from the start on.
    """
    known = room.unlocked.get(paper.digest)
    if paper.key is not None or known is None or room.unlocked.is_stored(paper.digest):
        return
    if papers.find_key(connection, room.exam, paper.digest) is not None:
        room.unlocked.mark_stored(paper.digest)  # read, so another transaction has committed it
        return
    sealed = room.sealer(PURPOSE).seal(known.key, paper.digest)
    stored = StoredKey(paper.digest, str(paper.name), sealed, ",".join(known.holders), now)
    if papers.store_key(connection, room.exam, stored):
        _log.warning("paper's key stored", extra=_facts(paper, known))


def _load(room: ServedRoom, connection: Connection, paper: HeldPaper) -> None:
    stored = papers.find_key(connection, room.exam, paper.digest)
    if stored is None:
        return
    try:
        key = room.sealer(PURPOSE).open(stored.sealed_key, paper.digest)
    except SealBroken:
        _log.error("stored key does not open", extra={"paper": str(paper.name)})
        return
    if unlock(room, paper, UnlockedKey(key, tuple(filter(None, stored.holders.split(","))))):
        room.unlocked.mark_stored(paper.digest)


def _facts(paper: HeldPaper, key: UnlockedKey) -> dict[str, object]:
    return {"paper": str(paper.name), "sha256": paper.digest.hex(), "holders": list(key.holders)}
