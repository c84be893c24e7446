"""Takes in holders' shares, hands keys on to other processes, stores them at the start, raises the alarm.

Each process has a key pair that lives as long as the process, and announces its public half in the database.
A holder's command sends its share to each of them. Two shares make the key. A process that has it sends it to
those that have not, so that a process that is started late asks no holder.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.public import PrivateKey
from sqlalchemy import Connection

from oneseat.files.paper_names import SPARE
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.exam.unlocked import UnlockedKey
from oneseat.room.papers import holders
from oneseat.room.papers.boxes import length_prefixed
from oneseat.room.papers.holders import Parts
from oneseat.room.papers.sealed_files import SealedFile
from oneseat.room.papers.sessions import sessions_of
from oneseat.room.papers.shelf import HeldPaper
from oneseat.room.services.papers import paper_keys
from oneseat.room.services.rounds import RoundThread
from oneseat.state.room import papers
from oneseat.state.room.papers import Message, WaitingPaper, WaitingProcess
from signing.authority import sealed_boxes
from signing.jws import b64url_decode, b64url_encode, canonical_json
from signing.refusals import TokenMalformed
from signing.session_times import ANY_SEAT

ALARM = timedelta(minutes=2)
"""How long before its session's start a locked paper is an alarm."""
ALARM_AGAIN = timedelta(seconds=15)
SEEN_WITHIN = timedelta(seconds=20)
"""A process that was not heard of for so long is gone."""
_ANNOUNCE_EVERY = timedelta(seconds=5)
_log = logging.getLogger("room.papers")


@dataclass
class _Shares:
    """The shares of one paper that this process has, by the holder's id."""

    parts: dict[str, Parts] = field(default_factory=dict, repr=False)
    names: dict[str, str] = field(default_factory=dict)


class PaperReleases:
    """One process's part in the release of papers. :meth:`one_round` is called every second.

    ``alarms`` names the papers that are locked although their session is about to begin, or has begun.
    """

    def __init__(self, room: ServedRoom) -> None:
        self._room = room
        self._private = PrivateKey.generate()
        self.process = secrets.token_hex(16)
        self._shares: dict[bytes, _Shares] = {}
        self._announced: tuple[datetime, Mapping[bytes, WaitingPaper]] | None = None
        self._alarmed: datetime | None = None
        self.alarms: tuple[str, ...] = ()

    def one_round(self) -> None:
        """Read what was sent, announce what is missing, hand on, store, and raise the alarm.

        Raises:
            StateUnavailable: the database cannot be used.
            RoomNotReady: there is no usable charter.
        """
        now, starts = self._room.clock.now(), self._starts()
        open_papers = [paper for paper in self._room.papers.with_holders if paper.name.session in starts]
        if not open_papers:
            return
        self._load_begun(open_papers, starts, now)
        self._read_messages(open_papers, starts, now)
        self._announce(open_papers, starts, now)
        self._hand_on(open_papers, now)
        self._store_begun(open_papers, starts, now)
        self._raise_alarms(open_papers, starts, now)

    def _starts(self) -> dict[tuple[str, int], datetime]:
        """The starts of the formal sessions that have not ended, as they hold now."""
        charter, now = self._room.charter(), self._room.clock.now()
        return {
            session.key: session.starts
            for session in sessions_of(charter.charter, charter.sessions_for(ANY_SEAT))
            if session.starts is not None and now < session.starts + timedelta(seconds=session.answer_s)
        }

    def _load_begun(
        self, open_papers: Sequence[HeldPaper], starts: Mapping[tuple[str, int], datetime], now: datetime
    ) -> None:
        if any(self._is_locked(paper) and now >= starts[paper.name.session] for paper in open_papers):
            paper_keys.load_stored(self._room)

    def _read_messages(
        self, open_papers: Sequence[HeldPaper], starts: Mapping[tuple[str, int], datetime], now: datetime
    ) -> None:
        with self._room.database.reading() as connection:
            messages = papers.list_messages(connection, self._room.exam, self.process)
        if not messages:
            return
        by_digest = {paper.digest: paper for paper in open_papers}
        for message in messages:
            paper = by_digest.get(message.paper)
            if paper is not None and paper.file is not None:
                self._read(paper, paper.file, message, starts[paper.name.session], now)
        with self._room.database.writing() as connection:
            papers.delete_messages(connection, self._room.exam, messages)

    def _read(
        self, paper: HeldPaper, file: SealedFile, message: Message, starts: datetime, now: datetime
    ) -> None:
        """Take in a share or a key, not before its time; a spare's share before the start only."""
        content = sealed_boxes.open_with(bytes(self._private), message.sealed, message_context(paper.digest))
        if content is None or now < file.release_from(starts):
            _log.error("message about a paper refused", extra={"paper": str(paper.name)})
            return
        key = _key_of(content)
        if key is not None:
            paper_keys.unlock(self._room, paper, key)
        elif paper.name.variant != SPARE or now < starts:
            self._add_share(paper, file, content)

    def _add_share(self, paper: HeldPaper, file: SealedFile, content: bytes) -> None:
        try:
            parts = holders.decode(content)
        except ValueError:
            return
        share, shares = file.share_of(parts.holder), self._shares.setdefault(paper.digest, _Shares())
        if share is None:
            return
        facts = {"paper": str(paper.name), "sha256": paper.digest.hex(), "holder": share.name}
        _log.warning("share of a paper's key received", extra=facts)
        for other_id, other in shares.parts.items():
            key = holders.join(parts, other)
            names = tuple(sorted((shares.names[other_id], share.name)))
            if key is not None and paper_keys.unlock(self._room, paper, UnlockedKey(key, names)):
                break
        shares.parts[parts.holder], shares.names[parts.holder] = parts, share.name

    def _announce(
        self, open_papers: Sequence[HeldPaper], starts: Mapping[tuple[str, int], datetime], now: datetime
    ) -> None:
        """Record what this process waits for: at once where it changed, else now and then."""
        waiting = {
            paper.digest: self._waiting(paper, paper.file, starts[paper.name.session])
            for paper in open_papers
            if paper.file is not None
        }
        if self._announced is not None:
            at, before = self._announced
            if before == waiting and at <= now < at + _ANNOUNCE_EVERY:
                return
        public_key = bytes(self._private.public_key)
        signature = self._room.receipt_signer.sign(process_message(self._room.exam, self.process, public_key))
        mine = WaitingProcess(self.process, public_key, signature, now, waiting)
        with self._room.database.writing() as connection:
            papers.forget_processes(connection, self._room.exam, now - 3 * SEEN_WITHIN)
            papers.announce(connection, self._room.exam, mine)
        self._announced = (now, waiting)

    def _waiting(self, paper: HeldPaper, file: SealedFile, starts: datetime) -> WaitingPaper:
        shares = self._shares.get(paper.digest, _Shares())
        return WaitingPaper(
            str(paper.name),
            file.release_from(starts).isoformat(),
            tuple(sorted(shares.names.values())),
            unlocked=not self._is_locked(paper),
        )

    def _hand_on(self, open_papers: Sequence[HeldPaper], now: datetime) -> None:
        """Send keys to the processes that have them not."""
        mine = {
            paper.digest: known
            for paper in open_papers
            if (known := self._room.unlocked.get(paper.digest)) is not None
        }
        if not mine:
            return
        with self._room.database.reading() as connection:
            processes = papers.list_waiting(connection, self._room.exam, now - SEEN_WITHIN)
        known_keys = self._room.charter().terms.receipt_keys
        messages = [
            self._key_message(process, digest, mine[digest], now)
            for process in find_genuine(self._room.exam, processes, known_keys)
            for digest, waiting in process.papers.items()
            if process.process != self.process and digest in mine and not waiting.unlocked
        ]
        if messages:
            with self._room.database.writing() as connection:
                papers.send(connection, self._room.exam, messages)

    def _key_message(
        self, process: WaitingProcess, paper: bytes, known: UnlockedKey, now: datetime
    ) -> Message:
        content = canonical_json({"key": b64url_encode(known.key), "holders": list(known.holders)})
        sealed = sealed_boxes.seal_for(process.public_key, content, message_context(paper))
        return Message(process.process, paper, self.process, "room", sealed, now)

    def _store_begun(
        self, open_papers: Sequence[HeldPaper], starts: Mapping[tuple[str, int], datetime], now: datetime
    ) -> None:
        due = [
            paper
            for paper in open_papers
            if now >= starts[paper.name.session]
            and not self._is_locked(paper)
            and not self._room.unlocked.is_stored(paper.digest)
        ]
        if due:
            with self._room.database.writing() as connection:
                self._store(connection, due, now)

    def _store(self, connection: Connection, due: Sequence[HeldPaper], now: datetime) -> None:
        for paper in due:
            paper_keys.store(self._room, connection, paper, now)

    def _raise_alarms(
        self, open_papers: Sequence[HeldPaper], starts: Mapping[tuple[str, int], datetime], now: datetime
    ) -> None:
        """A session near its start whose paper is locked. Its unlocked spare takes the paper's place."""
        replaced = {
            paper.name.session
            for paper in open_papers
            if paper.name.variant == SPARE and not self._is_locked(paper)
        }
        self.alarms = tuple(
            f"paper-locked {paper.name}"
            for paper in open_papers
            if paper.name.variant != SPARE
            and paper.name.session not in replaced
            and self._is_locked(paper)
            and now >= starts[paper.name.session] - ALARM
        )
        if self.alarms and (self._alarmed is None or not self._alarmed <= now < self._alarmed + ALARM_AGAIN):
            self._alarmed = now
            _log.critical("paper locked near its start: two holders must release it", extra=self._alarm())

    def _alarm(self) -> dict[str, object]:
        return {"alarms": list(self.alarms)}

    def _is_locked(self, paper: HeldPaper) -> bool:
        return paper_keys.find_key(self._room, paper) is None


def process_message(exam: str, process: str, public_key: bytes) -> bytes:
    """What the room signs of a process, so that nobody else's key is taken for a process's."""
    return length_prefixed("oneseat/paper-process/v1", exam, process, public_key.hex())


def find_genuine(
    exam: str, processes: Sequence[WaitingProcess], receipt_keys: Sequence[bytes]
) -> list[WaitingProcess]:
    """The processes whose key a room's key of the charter has signed."""
    return [
        process
        for process in processes
        if any(
            _is_signed(process_message(exam, process.process, process.public_key), process.signature, key)
            for key in receipt_keys
        )
    ]


def _is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def message_context(paper: bytes) -> bytes:
    """What a message to a process belongs to: this very paper."""
    return length_prefixed("oneseat/paper-message/v1", paper.hex())


def _key_of(content: bytes) -> UnlockedKey | None:
    """The key in a message of another process; None for a holder's share."""
    try:
        members = json.loads(content)
        return UnlockedKey(b64url_decode(members["key"]), tuple(map(str, members["holders"])))
    except (KeyError, TypeError, ValueError, TokenMalformed):
        return None


class ReleaseThread(RoundThread):
    """The thread that takes part in releases."""

    def __init__(self, releases: PaperReleases, interval_s: float) -> None:
        super().__init__(_log.name, interval_s, releases.one_round)
