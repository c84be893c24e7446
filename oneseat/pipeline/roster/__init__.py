"""Rosters: CSV and XLSX files of candidates, read and checked.

Spreadsheets damage numbers: they drop leading zeros and round digits. Damage is reported, and
repaired only if nothing has to be guessed.

Only this package handles names and ID numbers in plain text; reports mask them. Rows are
streamed, and only 60-bit hashes are kept of valid ones.

Modules:

* ``cells`` -- Converts spreadsheet cells back to the text that was typed, if that is certain.
* ``check`` -- Checks a roster's rows: each becomes a candidate or a list of its faults.
* ``columns`` -- Recognises a roster's columns by their titles: rules with a rank, so that the specific title
  wins.
* ``csv_files`` -- Writes CSV files that spreadsheets open as they are meant.
* ``differences`` -- Compares two rosters by admission number: who is new, who is gone, and what changed.
* ``encrypted`` -- Decrypts workbooks that are encrypted under Excel's default password.
* ``errors`` -- Refusals of roster files: unreadable, without a column, faulty or changed.
* ``fault_list`` -- Writes the faulty rows and remarks of a roster as a CSV file, for the registrar to
  correct.
* ``files`` -- Opens roster files: recognises what a file is, chooses the sheet, and finds the header.
* ``paper_variants`` -- Compares the papers that a roster names with the papers that there are, each session's
  own.
* ``remarks`` -- Remarks on names that their owners may not be able to type: brackets, digits, stars, two
  scripts.
* ``repeats`` -- Finds repeated numbers in a roster: two dictionaries map a number's 60-bit key to its row.
* ``sample`` -- Generates rosters of fictitious people, for demonstrations and tests.
* ``terms`` -- Reads a row's optional columns: formal session, paper, extra minutes and approved adjustments.
* ``text_files`` -- Reads text files as rows of cells: detects encoding and separator, and refuses what is no
  table.
* ``workbooks`` -- Reads the sheets of a workbook: visible and hidden ones, hidden rows and columns, formulas
  without values.
"""

from __future__ import annotations

from oneseat.pipeline.roster.check import Candidate, CellFault, FaultyRow, RosterReport, check, read
from oneseat.pipeline.roster.files import ALL_SHEETS, AS_IT_IS, Reading
from oneseat.pipeline.roster.sample import sample, write_sample, write_sample_with_terms

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
    "write_sample_with_terms",
]
