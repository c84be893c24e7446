"""Reads the rows of an exported attempt: its tables, the room's events, the audit log's entries about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oneseat.room.evidence import looks, tree
from oneseat.room.evidence.receipt_check import Evidenced, rows

Row = dict[str, Any]


def path_of(table: str) -> str:
    """The file of a table's rows in an attempt's folder."""
    return f"{tree.ROWS}/{table}.jsonl"


@dataclass(frozen=True)
class AttemptRows:
    """The rows of an exported attempt. ``usable`` says which files are as the manifest has them."""

    evidenced: Evidenced

    @cached_property
    def attempt(self) -> Row:
        """The attempt's own row; empty where there is none."""
        return next(iter(self.of("room_attempts")), {})

    @cached_property
    def events(self) -> list[Row]:
        """The room's own events, with their facts decoded."""
        found = [row for row in self.of("room_events") if row["source"] == "room"]
        return [{**row, "facts": json.loads(row["facts"])} for row in found]

    @cached_property
    def looks(self) -> list[Row]:
        """The entries of the audit log."""
        return list(rows(self.evidenced.folder / looks.FILE))

    @cached_property
    def erased(self) -> set[str]:
        """The retention classes of which a purge has erased the rows."""
        return {row["retention"] for row in self.of("room_erasures")}

    def of(self, table: str) -> list[Row]:
        """A table's rows."""
        return list(rows(self.evidenced.folder / path_of(table)))

    def usable(self, *tables: str) -> bool:
        """Whether none of these tables' files is known to be changed, and there is an attempt to compare."""
        wanted = {path_of(table) for table in (*tables, "room_attempts", "room_events", "room_erasures")}
        return self.evidenced.altered.isdisjoint(wanted) and bool(self.attempt)

    def noted(self, code: str) -> list[Row]:
        """The room's own events of a code."""
        return [event for event in self.events if event["code"] == code]
