"""Rosters: CSV and XLSX files of candidates, read and checked.

Spreadsheets damage numbers: they drop leading zeros and round digits. Damage is reported, and
repaired only if nothing has to be guessed.

Only this package handles names and ID numbers in plain text; reports mask them. Rows are
streamed, and only 64-bit hashes are kept of valid ones.

Modules:

* ``cells`` -- Converts spreadsheet cells back to the text that was typed, if that is certain.
* ``check`` -- Checks a roster's rows: each becomes a candidate or a list of its faults.
* ``columns`` -- Recognises a roster's columns by their header names in Chinese or English.
* ``errors`` -- Refusals of roster files: unreadable, without a column, faulty or changed.
* ``files`` -- Reads roster files as rows of cells, with the row numbers that a spreadsheet shows.
* ``repeats`` -- Finds repeated numbers in a roster: two dictionaries map a number's 64-bit key to its row.
* ``sample`` -- Generates rosters of fictitious people, for demonstrations and tests.
"""

from __future__ import annotations

from oneseat.pipeline.roster.check import Candidate, CellFault, FaultyRow, RosterReport, check, read
from oneseat.pipeline.roster.files import ALL_SHEETS, AS_IT_IS, Reading
from oneseat.pipeline.roster.sample import sample, write_sample

__all__ = [
    "ALL_SHEETS",
    "AS_IT_IS",
    "Candidate",
    "CellFault",
    "FaultyRow",
    "Reading",
    "RosterReport",
    "check",
    "read",
    "sample",
    "write_sample",
]
