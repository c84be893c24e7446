"""Sends a holder's shares of a session's papers to every process of the room that waits for them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.files import paper_names
from oneseat.files.paper_names import SEALED_SUFFIX, SPARE
from oneseat.room.papers import holders, reading, sealed_files
from oneseat.room.papers.holders import HolderKey
from oneseat.room.papers.sealed_files import SealedFile
from oneseat.room.papers.sessions import sessions_of
from oneseat.room.refusals.holders import NoRoomWaits, ShareUnusable, UnlockTooEarly
from oneseat.room.refusals.papers import PaperAbsent
from oneseat.room.refusals.start import RoomAbsent
from oneseat.room.services.papers.paper_release import SEEN_WITHIN, find_genuine, message_context
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.publishing import charters as published
from oneseat.state.publishing import orders
from oneseat.state.room import papers
from oneseat.state.room.papers import Message, WaitingProcess
from signing import charter as charters
from signing import dates
from signing.authority import sealed_boxes
from signing.clock import Clock
from signing.jws import b64url_decode
from signing.orders import orders_in_force
from signing.refusals import TokenMalformed
from signing.session_times import effective

_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Progress:
    """How far the processes are with a session's papers."""

    processes: int
    unlocked: int
    shares: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether every process has every key."""
        return self.processes > 0 and self.unlocked == self.processes


def find_papers(folder: Path, exam: str, session: str, *, spare: bool) -> list[SealedFile]:
    """The sealed papers of a session, such as ``formal-0``: its variants, or its spare.

    Raises:
        PaperAbsent: there are none, or the folder cannot be read.
        SealedPaperBroken: one cannot be used.
    """
    asked = paper_names.parse(session)
    try:
        files = reading.files_of(folder)
    except OSError:
        files = {}
    found = [
        sealed_files.read_sealed(folder / file, exam, name)
        for file, name in files.items()
        if name is not None
        and asked is not None
        and file.endswith(SEALED_SUFFIX)
        and name.session == asked.session
        and (name.variant == SPARE) is spare
    ]
    if not found:
        raise PaperAbsent(folder=folder.name, paper=session)
    return found


class Release:
    """The release of a session's papers by one holder, as the charter in force allows it.

    Raises:
        RoomAbsent: no charter is published.
        CharterRejected: it does not verify under the root key.
    """

    def __init__(
        self, database: Database, exam: str, root_public_key: str, files: Sequence[SealedFile]
    ) -> None:
        self._database, self._exam, self._files = database, exam, files
        with database.reading() as connection:
            newest, tokens = published.newest(connection, exam), orders.tokens(connection, exam)
        if newest is None:
            raise RoomAbsent
        charter = charters.verify(newest.token, b64url_decode(root_public_key))
        self._zone = ZoneInfo(charter.timezone)
        self._receipt_keys = charter.room.receipt_keys if charter.room else ()
        held = effective(charter, orders_in_force(charter, tokens))
        self._starts = {session.key: session.starts for session in sessions_of(charter, held)}

    def send(self, key: HolderKey, now: datetime) -> None:
        """Send the holder's share of each paper to each waiting process.

        The audit log notes holder, paper, digest and time, in the same transaction.

        Raises:
            ShareUnusable: the holder has no share of a paper.
            NoRoomWaits: no process of the room waits for a paper.
            UnlockTooEarly: the seal does not allow it yet.
        """
        shares = {file.paper.digest: _share(file, key) for file in self._files}
        with self._database.writing() as connection:
            processes = self._processes(connection, now)
            for file in self._files:
                self._require_waiting(file, processes, now)
                messages = [
                    _message(process, file, shares[file.paper.digest], key, now)
                    for process in processes
                    if file.paper.digest in process.papers
                ]
                papers.send(connection, self._exam, messages)
                facts = {"paper": str(file.paper.name), "sha256": file.paper.digest.hex()}
                facts["holder"] = key.holder.name
                audit.append(connection, now, "holder", "paper.released", self._exam, facts)

    def progress(self, now: datetime) -> Progress:
        """How far the processes are."""
        digests = [file.paper.digest for file in self._files]
        with self._database.reading() as connection:
            processes = self._processes(connection, now)
        waiting = [[each.papers[digest] for digest in digests if digest in each.papers] for each in processes]
        concerned = [each for each in waiting if each]
        unlocked = sum(all(paper.unlocked for paper in each) for each in concerned)
        shares = {name for each in concerned for paper in each for name in paper.shares}
        return Progress(len(concerned), unlocked, tuple(sorted(shares)))

    def wait(self, clock: Clock, seconds: float) -> Progress:
        """Look until everything is unlocked, or the time is over; return what was seen last."""
        until = time.monotonic() + seconds
        while not (seen := self.progress(clock.now())).is_done and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)
        return seen

    def _processes(self, connection: Connection, now: datetime) -> list[WaitingProcess]:
        waiting = papers.list_waiting(connection, self._exam, now - SEEN_WITHIN)
        return find_genuine(self._exam, waiting, self._receipt_keys)

    def _require_waiting(self, file: SealedFile, processes: Sequence[WaitingProcess], now: datetime) -> None:
        digest, name = file.paper.digest, str(file.paper.name)
        waiting = [process.papers[digest] for process in processes if digest in process.papers]
        if not waiting:
            raise NoRoomWaits(paper=name)
        first = max(datetime.fromisoformat(paper.first) for paper in waiting)
        starts = self._starts.get(file.paper.name.session)
        if starts is not None:
            # The share is bound to this file's time. What the room's own file or the database says is not.
            first = max(first, file.release_from(starts))
        if now < first:
            raise UnlockTooEarly(paper=name, first=dates.instant(first.astimezone(self._zone)))


def _share(file: SealedFile, key: HolderKey) -> bytes:
    """The holder's parts of a paper's key, as bytes."""
    share, name = file.share_of(key.holder.id), str(file.paper.name)
    if share is None:
        raise ShareUnusable(holder=key.holder.name, paper=name)
    try:
        return holders.encode(key.open_share(share.sealed, file.context, name))
    except (ValueError, TokenMalformed):
        raise ShareUnusable(holder=key.holder.name, paper=name) from None


def _message(
    process: WaitingProcess, file: SealedFile, share: bytes, key: HolderKey, now: datetime
) -> Message:
    paper = file.paper.digest
    sealed = sealed_boxes.seal_for(process.public_key, share, message_context(paper))
    return Message(process.process, paper, key.holder.id, key.holder.name[:64], sealed, now)
