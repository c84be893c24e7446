"""Rosters: who sits the exam, as registrars send it.

A roster is a spreadsheet that people made, so the damage that spreadsheets do is
expected, named, and mended only where nothing has to be guessed:

* :mod:`pipeline.roster.files` -- CSV in several encodings, XLSX: rows of cells
* :mod:`pipeline.roster.columns` -- which column is which
* :mod:`pipeline.roster.cells` -- one cell to text, and what may have happened to it
* :mod:`pipeline.roster.check` -- one row to a candidate, or its faults
* :mod:`pipeline.roster.sample` -- rosters of people who do not exist

Names and ID numbers live here in plain text and nowhere else; what is reported of them
is masked. Rows are streamed, and of those that passed only 64-bit hashes are kept.
"""

from __future__ import annotations

from pipeline.roster.check import Candidate, CellFault, FaultyRow, Report, check, read
from pipeline.roster.sample import sample, write_sample

__all__ = ["Candidate", "CellFault", "FaultyRow", "Report", "check", "read", "sample", "write_sample"]
