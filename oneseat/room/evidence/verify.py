"""Verifies an export without database, store or network: files, signatures, answers, events, receipts.

Trust begins at the exam's root key. The charters in the export are verified under it, and list the receipt
keys of all times, so that what was signed before a rotation of keys is still verified after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from oneseat.room.evidence import (
    cross_check,
    given_orders,
    receipt_check,
    repeat_check,
    timestamps,
    tree,
    written_check,
)
from oneseat.room.evidence.attempt_rows import AttemptRows
from oneseat.room.evidence.receipt_check import Evidenced, rows
from oneseat.room.refusals.evidence import (
    AnswersBroken,
    AttemptRemoved,
    EvidenceAbsent,
    EvidenceError,
    EvidenceUnsigned,
    FileAdded,
    FileAltered,
    FileRemoved,
    GuardEventAltered,
    KeyHistoryBroken,
    ManifestAltered,
    SegmentMisnamed,
    TimestampWrong,
)
from oneseat.room.rules.answer_chain import GENESIS, answer_hash
from oneseat.room.services.wire_times import wire
from signing import charter as charters_kernel
from signing import guard_events
from signing.authority.evidence import Evidence, EvidenceFile, root_of
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import Fields
from signing.refusals import TokenMalformed
from signing.text import Text

Keys = Mapping[str, bytes]
GUARD_EVENTS = f"{tree.ROWS}/room_guard_events.jsonl"
_MOST_DOCUMENT_BYTES = 64 << 20


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was signed: the file, and the refusal that says what and what to do."""

    where: str
    error: EvidenceError


@dataclass
class Verified:
    """What was verified. ``timestamp`` is the authority's time, ``timestamp_trusted`` whether it was checked.

    ``faults_at_export`` counts what the room itself noted of segments that were not as announced.
    ``unvouched`` counts records of people that no digest in the audit log vouches for: those written before
    there were any, and all of them in a copy without the log.
    """

    attempts: int = 0
    files: int = 0
    size_bytes: int = 0
    faults_at_export: int = 0
    unvouched: int = 0
    timestamp: datetime | None = None
    timestamp_trusted: bool = False
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Trust:
    """What an export is verified against: the exam's root public key, and a timestamp authority's root."""

    root_public_key: bytes
    tsa_ca: Path | None = None


@dataclass(frozen=True)
class Progress:
    """Files that were verified, of how many if that is known."""

    rows: int
    total: int | None = None
    faulty: int = 0


def verify(folder: Path, trust: Trust, on_progress: Callable[[Progress], None] = lambda _: None) -> Verified:
    """Verify an export, or the folder of one attempt out of it.

    Raises:
        EvidenceAbsent: the folder is neither.
    """
    run = _Verification(trust, on_progress)
    if (folder / tree.INDEX).is_file() or (folder / tree.INDEX_TOKEN).is_file():
        run.export(folder)
    elif (folder / tree.MANIFEST_TOKEN).is_file() or (folder / tree.MANIFEST).is_file():
        run.attempt(folder, folder.resolve().name)
    else:
        raise EvidenceAbsent(folder=folder.name)
    return run.result


class _Verification:
    def __init__(self, trust: Trust, on_progress: Callable[[Progress], None]) -> None:
        self.result = Verified()
        self._trust, self._on_progress = trust, on_progress

    # ------------------------------------------------------------------------------------ whole export

    def export(self, folder: Path) -> None:
        """Verify each attempt, then the index under the keys that their charters list."""
        present = sorted(path.name for path in folder.iterdir() if path.is_dir())
        keys: dict[str, bytes] = {}
        for name in present:
            keys |= self.attempt(folder / name, name)
        index = self._signed(folder, (tree.INDEX, tree.INDEX_TOKEN), "", keys)
        listed = _files_in(index, "attempts") if index is not None else []
        names = {file.path.partition("/")[0] for file in listed}
        for odd in sorted(names.symmetric_difference(present)) if index is not None else ():
            self._find(odd, AttemptRemoved())
        for file in listed:
            self._compare(folder, file)
        self._timestamp(folder)
        known = {tree.INDEX, tree.INDEX_TOKEN, tree.INDEX_STAMP}
        for path in sorted(path.name for path in folder.iterdir() if not path.is_dir()):
            if path not in known:
                self._find(path, FileAdded())

    def _timestamp(self, folder: Path) -> None:
        stamp, token = folder / tree.INDEX_STAMP, folder / tree.INDEX_TOKEN
        if not stamp.is_file() or not token.is_file():
            if self._trust.tsa_ca is not None:
                self._find(tree.INDEX_STAMP, FileRemoved())
            return
        try:
            self.result.timestamp = timestamps.read_time(
                stamp.read_bytes(), token.read_bytes(), self._trust.tsa_ca
            )
            self.result.timestamp_trusted = self._trust.tsa_ca is not None
        except TimestampWrong as error:
            self._find(tree.INDEX_STAMP, error)

    # --------------------------------------------------------------------------------------- attempts

    def attempt(self, folder: Path, name: str) -> dict[str, bytes]:
        """Verify an attempt's folder; return the receipt keys that its charters list."""
        self.result.attempts += 1
        charters = self._charters(folder)
        keys = _receipt_keys(charters)
        manifest = self._signed(folder, (tree.MANIFEST, tree.MANIFEST_TOKEN), name, keys)
        if manifest is None:
            return keys
        listed = _files_in(manifest, "files")
        sound = {file.path for file in listed if self._compare(folder, file)}
        expected = {file.path for file in listed} | tree.UNLISTED
        for path in tree.files_below(folder):
            if path not in expected:
                self._find(f"{folder.name}/{path}", FileAdded())
        self._segments(folder, manifest, listed)
        chain = self._answers_and_receipt(folder, name, manifest, sound, keys)
        if GUARD_EVENTS in sound:
            self._guard_events(folder, name)
        altered = {file.path for file in listed} - sound
        exported = AttemptRows(Evidenced(folder, name, manifest, chain, altered))
        written = written_check.compare(exported)
        self.result.unvouched += written.unvouched
        for path, error in (
            *given_orders.faults(folder, manifest, charters, altered),
            *cross_check.faults(exported),
            *repeat_check.faults(exported, charters),
            *written.faults,
        ):
            self._find(f"{folder.name}/{path}", error)
        return keys

    def _charters(self, folder: Path) -> list[Charter]:
        verified = []
        for path in sorted((folder / tree.CHARTERS).glob("*.jws")):
            try:
                charter = charters_kernel.verify(path.read_text("ascii").strip(), self._trust.root_public_key)
            except OneSeatError as error:
                reason = error.cause_text.clause()
                self._find(f"{folder.name}/{tree.CHARTERS}/{path.name}", KeyHistoryBroken(reason=reason))
            except (OSError, ValueError):
                self._find(f"{folder.name}/{tree.CHARTERS}/{path.name}", FileRemoved())
            else:
                verified.append(charter)
        return verified

    def _signed(
        self, folder: Path, names: tuple[str, str], attempt: str, keys: Keys
    ) -> dict[str, Any] | None:
        """Read a signed document; None where it cannot be relied on, which is noted."""
        document, token = folder / names[0], folder / names[1]
        where = f"{folder.name}/{names[0]}" if attempt else names[0]
        try:
            with document.open("rb") as file:
                content = file.read(_MOST_DOCUMENT_BYTES)
            signed = token.read_text("ascii").strip()
        except (OSError, ValueError):
            self._find(where, FileRemoved())
            return None
        try:
            evidence = Evidence.verify(signed, keys)
        except OneSeatError as error:
            self._find(where, EvidenceUnsigned(reason=error.cause_text.clause()))
            return None
        if hashlib.sha256(content).hexdigest() != evidence.manifest:
            self._find(where, ManifestAltered(reason=_OTHER_CONTENT))
            return None
        parsed: dict[str, Any] = json.loads(content)
        listed = _files_in(parsed, "files" if attempt else "attempts")
        if evidence.attempt != attempt or root_of(listed) != evidence.root or len(listed) != evidence.files:
            self._find(where, ManifestAltered(reason=_OTHER_ATTEMPT))
            return None
        self.result.faults_at_export += len(parsed.get("faults", ()))
        return parsed

    def _compare(self, folder: Path, file: EvidenceFile) -> bool:
        """Compare a file with its entry; note a difference."""
        self.result.files += 1
        where = f"{folder.name}/{file.path}"
        target = folder / file.path
        try:
            found = None if target.is_symlink() else tree.digest_of(target, file.path)
        except OSError:
            found = None
        if found is None:
            self._find(where, FileRemoved())
            return False
        self.result.size_bytes += found.size
        if found != file:
            self._find(where, FileAltered())
        self._on_progress(Progress(self.result.files, faulty=len(self.result.findings)))
        return found == file

    def _segments(self, folder: Path, manifest: dict[str, Any], listed: list[EvidenceFile]) -> None:
        """Compare each segment's digest with that in its name, unless the export has noted the difference."""
        noted = {fault.get("segment") for fault in manifest.get("faults", ())}
        for file in listed:
            name = file.path.rpartition("/")[2]
            if file.path.startswith(f"{tree.SEGMENTS}/") and name not in noted:
                announced = name.partition("-")[2].partition(".")[0]
                if announced != file.sha256:
                    self._find(f"{folder.name}/{file.path}", SegmentMisnamed())

    def _answers_and_receipt(
        self, folder: Path, attempt: str, manifest: dict[str, Any], sound: set[str], keys: Keys
    ) -> list[bytes]:
        """Verify the answers' chain and the receipt; return the hashes of the chain as far as it holds."""
        listed = {file.path for file in _files_in(manifest, "files")}
        path = f"{tree.ROWS}/room_answers.jsonl"
        chain = [GENESIS]
        if path in listed - sound:
            return chain  # what is wrong with it is known, and the receipt would be blamed for it
        if path in sound:
            for place, row in enumerate(rows(folder / path), start=1):
                if not _follows(row, attempt, place, chain[-1]):
                    self._find(f"{folder.name}/{path}", AnswersBroken(place=place))
                    break
                chain.append(bytes.fromhex(row["hash"]))
        if tree.RECEIPT in sound:
            evidenced = Evidenced(folder, attempt, manifest, chain, listed - sound)
            for error in receipt_check.faults(evidenced, keys):
                self._find(f"{folder.name}/{tree.RECEIPT}", error)
        return chain

    def _guard_events(self, folder: Path, attempt: str) -> None:
        """Verify each event under the key of the device that reported it. Gaps are the room's own events."""
        for place, row in enumerate(rows(folder / GUARD_EVENTS), start=1):
            if not _was_signed(row, attempt):
                self._find(f"{folder.name}/{GUARD_EVENTS}", GuardEventAltered(place=place))
                break

    def _find(self, where: str, error: EvidenceError) -> None:
        self.result.findings.append(Finding(where, error))


_OTHER_CONTENT = Text("its SHA-256 is another", "SHA-256 不一致")
_OTHER_ATTEMPT = Text("it is another attempt's, or lists other files", "属于其他考试记录，或文件列表不符")


def _receipt_keys(charters: Sequence[Charter]) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for charter in charters:
        keys |= charter.room.receipt_keys_by_kid if charter.room is not None else {}
    return keys


def _files_in(document: Mapping[str, Any], name: str) -> list[EvidenceFile]:
    return [EvidenceFile(file["path"], file["sha256"], file["size"]) for file in document.get(name, ())]


def _follows(row: Mapping[str, Any], attempt: str, place: int, previous: bytes) -> bool:
    """Whether an answer is the next of its chain, with the hash that the page computed."""
    made_at = wire(datetime.fromisoformat(row["made_at"]))
    members = (row["question"], row["sequence"], previous, json.loads(row["value"]), made_at)
    linked = row["sequence"] == place and row["previous"] == previous.hex()
    return bool(linked and answer_hash(attempt, *members).hex() == row["hash"])


def _was_signed(row: Mapping[str, Any], attempt: str) -> bool:
    """Whether a row says what the event in it does, and the device has signed that event."""
    try:
        event = guard_events.parse(Fields(json.loads(row["event"])))
    except (TokenMalformed, ValueError):
        return False
    columns = (row["sequence"], row["code"], row["hash"])
    said = (event.sequence, event.code, event.hash(attempt))
    return columns == said and event.is_signed_by(attempt, bytes.fromhex(row["device_key"]))
