"""Writes CSV files that spreadsheets open as they are meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from oneseat.files.atomic import writing
from oneseat.pipeline.output_faults import unwritable


def write_csv(
    path: Path, titles: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8-sig"
) -> int:
    """Write a row of titles and the rows below it, atomically; return the number of rows.

    The byte order mark of the default encoding tells Excel what it is.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path, durable=False) as file:
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            writer = csv.writer(text)
            writer.writerow(titles)
            for count, row in enumerate(rows, start=1):  # noqa: B007 -- the last number is the count
                writer.writerow(row)
            text.detach()  # flushes, and leaves the file open
    except OSError as error:
        raise unwritable(path, error) from None
    return count
