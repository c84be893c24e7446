"""Compares the receipt that a candidate holds with an exported attempt: answers, takes and their segments.

A receipt names the answers and takes of the hand-in by digests. What came later is no contradiction: offline
answers follow the one that it names, and takes grow until all is uploaded.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneseat.room.evidence import tree
from oneseat.room.refusals.evidence import EvidenceError, ReceiptContradicted
from oneseat.state.tables.retention import RECORDINGS
from signing.errors import OneSeatError
from signing.room_tokens import Receipt, takes_digest
from signing.text import Text, untranslated

Promised = dict[str, tuple[str, int]]
"""The stream of each take, and how many segments of it there are."""

_EVENTS = f"{tree.ROWS}/room_events.jsonl"
_TAKES = f"{tree.ROWS}/room_takes.jsonl"
_ERASURES = f"{tree.ROWS}/room_erasures.jsonl"
_ABOUT_TAKES = frozenset({_EVENTS, _TAKES, _ERASURES})

_OTHER_ATTEMPT = Text("it is another attempt's", "属于其他考试记录")
_OTHER_ANSWERS = Text("it names other answers", "所记的作答不一致")
_OTHER_TAKES = Text("it names other recordings", "所记的录像不一致")
_FEWER_SEGMENTS = Text("it names recordings that are not there", "所记的录像有缺失且未注明")


@dataclass(frozen=True)
class Evidenced:
    """An exported attempt: folder, id and manifest, its answers' hashes, and the files that were changed."""

    folder: Path
    attempt: str
    manifest: Mapping[str, Any]
    chain: list[bytes]
    altered: set[str]


def faults(evidenced: Evidenced, keys: Mapping[str, bytes]) -> Iterator[EvidenceError]:
    """Yield what the receipt in an attempt's folder contradicts, but for what a changed file says."""
    folder = evidenced.folder
    try:
        receipt = Receipt.verify((folder / tree.RECEIPT).read_text("ascii").strip(), keys)
    except (OneSeatError, ValueError) as error:
        reason = error.cause_text.clause() if isinstance(error, OneSeatError) else untranslated(error)
        yield ReceiptContradicted(reason=reason)
        return
    if receipt.attempt != evidenced.attempt:
        yield ReceiptContradicted(reason=_OTHER_ATTEMPT)
    if bytes.fromhex(receipt.answers) not in evidenced.chain:
        yield ReceiptContradicted(reason=_OTHER_ANSWERS)
    if evidenced.altered.isdisjoint(_ABOUT_TAKES) and not _recordings_erased(folder):
        yield from _faults_of_takes(evidenced, receipt)


def _faults_of_takes(evidenced: Evidenced, receipt: Receipt) -> Iterator[EvidenceError]:
    promised = _promised(evidenced.folder, receipt)
    if promised is None:
        yield ReceiptContradicted(reason=_OTHER_TAKES)
    elif any(not _is_there(evidenced.manifest, take, *promised[take]) for take in promised):
        yield ReceiptContradicted(reason=_FEWER_SEGMENTS)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of JSON lines, none where there is no file."""
    if path.is_file():
        with path.open("rb") as file:
            yield from map(json.loads, file)


def _recordings_erased(folder: Path) -> bool:
    """Whether a purge has erased the recordings: the room keeps a row about it."""
    erasures = rows(folder / _ERASURES)
    return any(row["retention"] == RECORDINGS for row in erasures)


def _promised(folder: Path, receipt: Receipt) -> Promised | None:
    """The takes that a receipt names by their digest; None where the export has others.

    The event of the hand-in has them as they were then. Without it, they must not have grown since.
    """
    for event in rows(folder / _EVENTS):
        if event["code"] == "handed-in" and event["source"] == "room":
            text = json.loads(event["facts"]).get("takes", "")
            if hashlib.sha256(text.encode()).hexdigest() == receipt.takes:
                return {take: (stream, count) for take, stream, count in json.loads(text)}
    takes = rows(folder / _TAKES)
    present = {row["take"]: (row["stream"], max(row["promised"] or 0, row["announced"])) for row in takes}
    return present if takes_digest(present) == receipt.takes else None


def _is_there(manifest: Mapping[str, Any], take: str, stream: str, count: int) -> bool:
    """Whether each segment of a take is exported or named as missing, or its stream is left out."""
    if stream in manifest.get("left_out", ()):
        return True
    known: dict[str, set[int]] = defaultdict(set)
    for missing in manifest.get("missing", ()):
        known[f"{missing['stream']}/{missing['take']}"].update(missing["numbers"])
    for file in manifest.get("files", ()):
        kind, _, rest = file["path"].partition("/")
        if kind == tree.SEGMENTS:
            where, _, name = rest.rpartition("/")
            known[where].add(int(name.partition("-")[0]))
    return known[f"{stream}/{take}"] >= set(range(count))
