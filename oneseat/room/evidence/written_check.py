"""Compares what people wrote about an attempt with the audit log's entries of the acts that wrote it.

Each record has an entry of the same time and person, which states some of the record and has the digest of
all of it. Entries from before digests vouch for what they state alone: such records are counted, and whoever
verifies is told how many. So are a seat's records in exports that were made before they had digests.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oneseat.room.evidence import looks
from oneseat.room.evidence.attempt_rows import AttemptRows, Row, path_of
from oneseat.room.refusals.evidence import EvidenceError, RecordAdded, RecordAltered, RecordRemoved
from oneseat.room.rules import commitments
from oneseat.room.rules.commitments import RECORD, Written
from oneseat.state.tables import retention
from oneseat.state.tables.metadata import whole_metadata

Facts = Mapping[str, Any]
Signature = tuple[str, str]
"""The time of an act, and its actor as the audit log has it."""


@dataclass(frozen=True)
class Compared:
    """What was found, each with the file where it is, and how many records no digest vouches for."""

    faults: Sequence[tuple[str, EvidenceError]]
    unvouched: int


def compare(about: AttemptRows) -> Compared:
    """Compare each record with its entry, and each entry with its record.

    Files that are known to be changed and rows that a purge has erased are passed over. Without the audit
    log, as in a copy for the person, nothing vouches for a record.
    """
    has_log = "audit" in about.evidenced.manifest
    if looks.FILE in about.evidenced.altered:
        return Compared((), 0)
    faults: list[tuple[str, EvidenceError]] = []
    unvouched = 0
    for written in commitments.ALL:
        if _is_erased(about, written) or not about.usable(written.table):
            continue
        records = [row for row in about.of(written.table) if written.wrote(row)]
        if not has_log:
            unvouched += len(records)
            continue
        pairs = _Pairs(written, records, _entries(about, written))
        faults += [(path_of(written.table), error) for error in pairs.faults()]
        unvouched += pairs.unvouched
    return Compared(faults, unvouched)


class _Pairs:
    """The records of one act, each paired with an entry that vouches for it, and what is left of both."""

    def __init__(
        self, written: Written, records: Sequence[Row], entries: dict[Signature, list[Facts]]
    ) -> None:
        self._written, self._entries = written, entries
        self.unvouched = 0
        self._unpaired = [row for row in records if not self._pair(row)]

    def _pair(self, row: Row) -> bool:
        here = self._entries[self._signature(row)]
        entry = next((facts for facts in here if _vouches(self._written, facts, row)), None)
        if entry is None:
            is_from_before = not here and self._written.predates_salts(row)
            self.unvouched += is_from_before
            return is_from_before
        here.remove(entry)
        self.unvouched += RECORD not in entry
        return True

    def faults(self) -> Iterator[EvidenceError]:
        """Yield what is left: records that were changed or added, then entries of records that are gone."""
        about = self._written.about
        for row in self._unpaired:
            signature = self._signature(row)
            if self._entries[signature]:
                self._entries[signature].pop()
                yield RecordAltered(about=about, at=signature[0])
            else:
                yield RecordAdded(about=about, at=signature[0])
        for (at, _), left in self._entries.items():
            for _ in left:
                yield RecordRemoved(about=about, at=at)

    def _signature(self, row: Row) -> Signature:
        return row[self._written.at], f"operator:{row[self._written.by]}"


def _vouches(written: Written, facts: Facts, row: Row) -> bool:
    """Whether an entry states what a row says, and has its digest unless it is from before digests."""
    states = all(facts.get(fact) == row[column] for fact, column in written.stated.items())
    return states and (RECORD not in facts or facts[RECORD] == written.digest(row))


def _entries(about: AttemptRows, written: Written) -> dict[Signature, list[Facts]]:
    """The facts of an act's entries by their time and actor, of entries that are as the log has them."""
    found: dict[Signature, list[Facts]] = defaultdict(list)
    for entry in about.looks:
        if entry.get("act") == written.act and looks.is_sound(entry):
            found[entry["at"], entry["actor"]].append(json.loads(entry["facts"]))
    return found


def _is_erased(about: AttemptRows, written: Written) -> bool:
    return retention.class_of(whole_metadata().tables[written.table]) in about.erased
