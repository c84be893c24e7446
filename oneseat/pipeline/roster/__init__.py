"""Rosters: who sits the exam, as registrars send it.

A roster is a spreadsheet that people made, so the damage that spreadsheets do is
expected, named, and mended only where nothing has to be guessed:

Names and ID numbers live here in plain text and nowhere else; what is reported of them
is masked. Rows are streamed, and of those that passed only 64-bit hashes are kept.
"""

from __future__ import annotations

from oneseat.pipeline.roster.check import Candidate, CellFault, FaultyRow, Report, check, read
from oneseat.pipeline.roster.sample import sample, write_sample

__all__ = ["Candidate", "CellFault", "FaultyRow", "Report", "check", "read", "sample", "write_sample"]
