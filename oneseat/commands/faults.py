"""Turns an exception that nothing expects into a refusal, and keeps its places in a log file.

Neither holds the exception's message or a variable's value: both may be a candidate's.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from oneseat import __version__
from oneseat.pipeline.errors import UnforeseenFault


def refusal_of(error: BaseException) -> UnforeseenFault:
    """Write the log and return the refusal that names it."""
    innermost = traceback.extract_tb(error.__traceback__)[-1:]
    place = _place(innermost[0]) if innermost else "?"
    return UnforeseenFault(fault=type(error).__name__, place=place, log=_write_log(error))


def _write_log(error: BaseException) -> str:
    try:
        descriptor, path = tempfile.mkstemp(prefix="oneseat-fault-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"OneSeat {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n")
            log.writelines(f"{line}\n" for line in _lines(error))
    except OSError:
        return os.devnull
    return path


def _lines(error: BaseException) -> Iterator[str]:
    """Yield the class of each exception in the chain, with the places that it went through."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield type(link).__qualname__
        yield from (f"  {_place(frame)} {frame.name}" for frame in traceback.extract_tb(link.__traceback__))
        link = link.__cause__ or link.__context__


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno}"
