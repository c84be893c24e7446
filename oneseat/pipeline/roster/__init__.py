"""Rosters: CSV and XLSX files of candidates, read and checked.

Spreadsheets damage numbers: they drop leading zeros and round digits. Damage is reported, and
repaired only if nothing has to be guessed.

Only this package handles names and ID numbers in plain text; reports mask them. Rows are
streamed, and only 64-bit hashes are kept of valid ones.

Modules:

* ``cells`` -- One cell of a spreadsheet to the text that somebody typed, as far as that is certain.
* ``check`` -- One row to a candidate, or to everything that is wrong with it.
* ``columns`` -- Which column is which: header names in Chinese or English, however they are spaced.
* ``errors`` -- Refusals of roster files: unreadable, without a column, faulty or changed.
* ``files`` -- Roster files to rows of cells, with the row numbers that a spreadsheet shows.
* ``repeats`` -- Which numbers a roster has named already: two dictionaries from a number's 64-bit key to its
  row.
* ``sample`` -- Rosters of people who do not exist, for demonstrations and tests.
"""

from __future__ import annotations

from oneseat.pipeline.roster.check import Candidate, CellFault, FaultyRow, RosterReport, check, read
from oneseat.pipeline.roster.sample import sample, write_sample

__all__ = ["Candidate", "CellFault", "FaultyRow", "RosterReport", "check", "read", "sample", "write_sample"]
