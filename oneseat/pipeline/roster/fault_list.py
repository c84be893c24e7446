"""Writes the faulty rows and remarks of a roster as a CSV file, for the registrar to correct."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oneseat.pipeline.roster.check import RosterReport
from oneseat.pipeline.roster.columns import NAME, PAPER, TITLES
from oneseat.pipeline.roster.csv_files import write_csv

_TITLES = ("行", "列", "值（已遮盖）", "类别", "原因", "reason")
_FAULT, _REMARK = "错误", "提示"
_FORMULA_SIGNS = ("=", "+", "-", "@")


def write_fault_list(path: Path, report: RosterReport) -> int:
    """Write a line for each fault and each remark, atomically; return their number. Values are masked.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    return write_csv(path, _TITLES, ([_plain(cell) for cell in line] for line in _lines(report)))


def _lines(report: RosterReport) -> Iterator[tuple[str, ...]]:
    for row in report.faulty:
        for fault in row.faults:
            yield row.place, fault.title.zh, fault.masked, _FAULT, fault.reason.zh, fault.reason.en
    for remarked in report.remarks:
        remark = remarked.remark
        yield remarked.place, TITLES[NAME].zh, remarked.masked, _REMARK, remark.zh, remark.en
    for missed in report.papers:
        yield missed.place, TITLES[PAPER].zh, "", _REMARK, missed.remark.zh, missed.remark.en


def _plain(cell: str) -> str:
    """Keep spreadsheets from taking a masked value for a formula."""
    return "'" + cell if cell.startswith(_FORMULA_SIGNS) else cell
