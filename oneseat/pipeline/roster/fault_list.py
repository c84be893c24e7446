"""Writes the faulty rows and remarks of a roster as a CSV file, for the registrar to correct."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from oneseat.files.atomic import writing
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.roster.check import RosterReport
from oneseat.pipeline.roster.columns import NAME, TITLES

_TITLES = ("行", "列", "值（已遮盖）", "类别", "原因", "reason")
_FAULT, _REMARK = "错误", "提示"
_FORMULA_SIGNS = ("=", "+", "-", "@")


def write_fault_list(path: Path, report: RosterReport) -> int:
    """Write a line for each fault and each remark, atomically; return their number. Values are masked.

    The byte order mark tells Excel the encoding.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path, durable=False) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            writer = csv.writer(text)
            writer.writerow(_TITLES)
            for count, line in enumerate(_lines(report), start=1):  # noqa: B007 -- the last number is the count
                writer.writerow([_plain(cell) for cell in line])
            text.detach()  # flushes, and leaves the file open
    except OSError as error:
        raise unwritable(path, error) from None
    return count


def _lines(report: RosterReport) -> Iterator[tuple[str, ...]]:
    for row in report.faulty:
        for fault in row.faults:
            yield row.place, fault.title.zh, fault.masked, _FAULT, fault.reason.zh, fault.reason.en
    for remarked in report.remarks:
        remark = remarked.remark
        yield remarked.place, TITLES[NAME].zh, remarked.masked, _REMARK, remark.zh, remark.en


def _plain(cell: str) -> str:
    """Keep spreadsheets from taking a masked value for a formula."""
    return "'" + cell if cell.startswith(_FORMULA_SIGNS) else cell
