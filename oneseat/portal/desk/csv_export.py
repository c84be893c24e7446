"""Writes lists as CSV for spreadsheets: a byte order mark first, and no cell that would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from starlette.responses import StreamingResponse

_BOM = "\ufeff"
_LEADS_TO_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_answer(
    titles: Sequence[str], rows: Iterable[Sequence[str]], headers: Mapping[str, str]
) -> StreamingResponse:
    """A response that sends a list row by row. ``rows`` is consumed while it is sent."""
    return StreamingResponse(_lines(titles, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _BOM + _line(titles)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    # A spreadsheet would run a cell that begins like a formula.
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(_LEADS_TO_FORMULA) else cell for cell in cells])
    return line.getvalue()
